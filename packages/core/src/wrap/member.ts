import { show } from "../option.ts";
import { isPatchable, proxyWith } from "../stream/patch.ts";
import type { AnyFunction } from "./stage.ts";

/** Wraps one function under the name of its member. */
export type WrapMember = (fn: AnyFunction, name: string) => AnyFunction;

export function isClass(value: unknown): boolean {
	return typeof value === "function" && /^class(\s+[^\s(]|\s*\{)/.test(Function.prototype.toString.call(value));
}

/** The prototype of a class, whose methods its instances share. */
export function prototypeOf(target: object): object {
	const prototype: unknown = (target as { prototype?: unknown }).prototype;
	if (typeof prototype !== "object" || prototype === null) {
		throw new TypeError(
			`instrument: ${show(target)} is neither an object nor a class; wrap a function with light.stage(name, fn)`,
		);
	}
	if (Object.isFrozen(prototype)) {
		throw new TypeError(`instrument: the prototype of ${show(target)} is frozen; instrument its instances`);
	}
	return prototype;
}

/**
 * Methods by name, the nearest first, without looking at getters, which would run the user's code.
 *
 * Of an emitter, a stream or a map that the user's class extends, the platform's own methods are left alone.
 */
export function methodsOf(target: object): Map<string, AnyFunction> {
	const methods = new Map<string, AnyFunction>();
	for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
		if (platformPrototypes().has(owner)) break;
		for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
			if (name === "constructor" || name.startsWith("_") || methods.has(name)) continue;
			if (typeof value === "function" && !isClass(value)) methods.set(name, value);
		}
	}
	return methods;
}

/** Puts functions in the place of members; a frozen object is left alone and stands behind a proxy. */
export function replaceMembers(target: object, members: ReadonlyMap<PropertyKey, unknown>): object {
	if (!isPatchable(target, [...members.keys()])) return proxyWith(target, members);
	for (const [name, value] of members) {
		const enumerable = Object.getOwnPropertyDescriptor(target, name)?.enumerable ?? false;
		Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable });
	}
	return target;
}

let prototypes: ReadonlySet<object> | undefined;

function platformPrototypes(): ReadonlySet<object> {
	if (prototypes === undefined) {
		const modules = ["node:events", "node:stream"].map((name) => globalThis.process?.getBuiltinModule?.(name) ?? {});
		const values = [globalThis, ...modules].flatMap((owner) =>
			// Getters of globals may load modules, or warn.
			Object.values(Object.getOwnPropertyDescriptors(owner)).map(
				({ value }) => value as { prototype?: unknown } | undefined,
			),
		);
		const found = values.map((value) =>
			typeof value === "function" ? (value as { prototype?: unknown }).prototype : undefined,
		);
		prototypes = new Set(found.filter((prototype) => typeof prototype === "object" && prototype !== null));
	}
	return prototypes;
}
