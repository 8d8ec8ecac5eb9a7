import { type Context, context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";

/** Writes one field into a carrier. */
export type CarrierSetter<Carrier> = (carrier: Carrier, key: string, value: string) => void;

/** Reads fields of a carrier. */
export interface CarrierGetter<Carrier> {
	get(carrier: Carrier, key: string): string | string[] | undefined;
	keys(carrier: Carrier): string[];
}

/**
 * Writes the active trace context and baggage into a carrier: a plain object, `Headers`, a `Map`, or anything with a
 * `setter` of its own. Returns the carrier.
 *
 * A carrier that cannot be written to (frozen, null, one whose setter throws) is left as it is; the call goes on
 * without a trace.
 *
 * @example await fetch(url, { headers: inject(new Headers()) });
 */
export function inject<Carrier>(carrier: Carrier, setter?: CarrierSetter<Carrier>): Carrier {
	try {
		propagation.inject(context.active(), carrier, { set: setter ?? setField });
	} catch {
		// A carrier that refuses is no reason to fail what it carries.
	}
	return carrier;
}

/**
 * Reads trace context and baggage from a carrier: a plain object, Node's incoming headers, `Headers`, a `Map`, or
 * anything with a `getter` of its own.
 *
 * A missing, malformed or throwing carrier gives the root context, so that what follows starts a new trace.
 *
 * @example const parent = extract(request.headers);
 */
export function extract<Carrier>(carrier: Carrier, getter?: CarrierGetter<Carrier>): Context {
	try {
		return propagation.extract(ROOT_CONTEXT, carrier, getter ?? { get: getField, keys: fieldNames });
	} catch {
		return ROOT_CONTEXT;
	}
}

/**
 * Runs a function in the trace a carrier brings, so that spans inside are children of the sender's.
 *
 * @example consumer.on("message", (message) => continueTrace(message.headers, () => handle(message)));
 */
export function continueTrace<Carrier, Result>(
	carrier: Carrier,
	run: () => Result,
	getter?: CarrierGetter<Carrier>,
): Result {
	return context.with(extract(carrier, getter), run);
}

function setField(carrier: unknown, key: string, value: string): void {
	if (hasMethod(carrier, "set")) carrier.set(key, value);
	else (carrier as Record<string, string>)[key] = value;
}

function getField(carrier: unknown, key: string): string | string[] | undefined {
	if (typeof carrier !== "object" || carrier === null) return undefined;
	const direct = hasMethod(carrier, "get") ? carrier.get(key) : (carrier as Record<string, unknown>)[key];
	// Message headers keep the sender's spelling (`Traceparent`), and brokers hand out bytes.
	const value = direct ?? otherSpelling(carrier, key);
	return toText(value);
}

function otherSpelling(carrier: object, key: string): unknown {
	const name = fieldNames(carrier).find((candidate) => candidate !== key && candidate.toLowerCase() === key);
	if (name === undefined) return undefined;
	return hasMethod(carrier, "get") ? carrier.get(name) : (carrier as Record<string, unknown>)[name];
}

function toText(value: unknown): string | string[] | undefined {
	if (typeof value === "string") return value;
	if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
	if (Array.isArray(value)) return value.filter((member) => typeof member === "string");
	return undefined;
}

function fieldNames(carrier: unknown): string[] {
	if (typeof carrier !== "object" || carrier === null) return [];
	if (hasMethod(carrier, "keys")) return [...(carrier.keys() as unknown as Iterable<unknown>)].map(String);
	return Object.keys(carrier);
}

function hasMethod<Name extends string>(
	carrier: unknown,
	name: Name,
): carrier is Record<Name, (...parameters: unknown[]) => unknown> {
	return typeof (carrier as Record<string, unknown> | null)?.[name] === "function";
}
