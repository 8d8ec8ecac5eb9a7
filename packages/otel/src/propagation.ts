export { type CarrierGetter, type CarrierSetter, continueTrace, extract, inject } from "./carrier.ts";
export { type BaggageAttributesOptions, baggageAttributes } from "./processor/baggage-attributes.ts";
