import { validateHeaderName, validateHeaderValue } from "node:http";
import { knownOptions, refuse } from "@footlight/core/option";
import type { TlsOptions } from "./poster.ts";

/** An address to post to. */
export function checkedUrl(where: string, value: unknown): URL {
	const expected = "an address such as https://example.org/events";
	if (typeof value !== "string" && !(value instanceof URL)) refuse(TypeError, where, expected, value);
	const url = URL.parse(value);
	if (url === null || !/^https?:$/.test(url.protocol)) refuse(RangeError, where, expected, String(value));
	return url;
}

/** Headers that can be sent; what is wrong with a value is told without the value, which may be a secret. */
export function checkedHeaders(where: string, value: unknown): Readonly<Record<string, string>> {
	const headers: Record<string, string> = {};
	for (const [name, text] of Object.entries(checkedRecord(where, value))) {
		try {
			validateHeaderName(name);
		} catch {
			refuse(RangeError, where, "names of headers with their values", name);
		}
		if (typeof text !== "string") refuse(TypeError, `${where}.${name}`, "a string", text);
		try {
			validateHeaderValue(name, text);
		} catch {
			throw new RangeError(`${where}.${name} must be a value that a header can have`);
		}
		headers[name.toLowerCase()] = text;
	}
	return headers;
}

/** Names with values: not a Map, a Headers or a promise, whose own members are none. */
export function checkedRecord(where: string, value: unknown): Readonly<Record<string, unknown>> {
	const prototype = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
	// Of an object of another realm, too.
	const isPlain = prototype === null || (prototype !== undefined && Object.getPrototypeOf(prototype) === null);
	return isPlain
		? (value as Record<string, unknown>)
		: refuse(TypeError, where, "an object of names and values", value);
}

/** Certificates; what they say is looked at when there is a connection. */
export function checkedTls(where: string, value: TlsOptions): TlsOptions {
	const given: Readonly<Record<string, unknown>> = checkedRecord(where, value);
	knownOptions(where, given, ["ca", "cert", "key"]);
	for (const [name, part] of Object.entries(given)) {
		const list: readonly unknown[] = name === "ca" && Array.isArray(part) ? part : [part];
		const isPem = (text: unknown) => text === undefined || typeof text === "string" || text instanceof Uint8Array;
		if (!list.every(isPem)) refuse(TypeError, `${where}.${name}`, "a string or a Buffer", part);
	}
	return value;
}
