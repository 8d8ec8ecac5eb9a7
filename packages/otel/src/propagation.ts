export { baggageAttributes, type BaggageAttributesOptions } from "./processor/baggage-attributes.ts";
export { continueTrace, extract, inject, type CarrierGetter, type CarrierSetter } from "./carrier.ts";
