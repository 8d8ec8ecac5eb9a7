import type { StageKind } from "../call.ts";
import type { AnyFunction } from "./stage.ts";
import { show } from "../option.ts";
import { isPatchable, proxyWith } from "../stream/patch.ts";

/** Wraps one function under the name of its member. */
export type WrapMember = (fn: AnyFunction, name: string) => AnyFunction;

/** Options of `light.instrument`. */
export interface InstrumentOptions {
	/** Kind of every member. @default "stage" */
	readonly kind?: StageKind;
	/** Members to wrap, nested ones by their path: `["chat.completions.create"]`. @default all methods of the object and its classes */
	readonly methods?: readonly string[];
	/** Put before each member's name, with a dot. @default none */
	readonly prefix?: string;
	/** Provider of a model, as in `gen_ai.provider.name`. @default told from the client's class */
	readonly provider?: string;
}

/** Wraps the methods of an object, an instance or a class in place, or every function of an array in a new one. */
export function instrumentTarget<T extends object>(target: T, methods: readonly string[] | undefined, wrap: WrapMember): T {
	if (Array.isArray(target)) return wrapArray(target, wrap) as T & unknown[];
	if (methods === undefined) {
		const owner: object = typeof target === "function" ? prototypeOf(target) : target;
		const wrapped = new Map<PropertyKey, AnyFunction>();
		for (const [name, method] of methodsOf(owner)) wrapped.set(name, wrap(method, String(name)));
		if (wrapped.size === 0) {
			throw new TypeError(`instrument: ${show(target)} has no methods to wrap; name them with methods: ["path.to.method"]`);
		}
		const replaced = replaceMembers(owner, wrapped);
		return typeof target === "function" ? target : (replaced as T);
	}
	return methods.reduce<T>((current, path) => replaceAt(current, path.split("."), path, wrap), target);
}

function wrapArray(functions: readonly unknown[], wrap: WrapMember): AnyFunction[] {
	return functions.map((fn, index) => {
		if (typeof fn !== "function") throw new TypeError(`instrument: [${index}] must be a function, got ${show(fn)}`);
		return wrap(fn as AnyFunction, fn.name || `stage-${index + 1}`);
	});
}

function prototypeOf(target: object): object {
	const prototype: unknown = (target as { prototype?: unknown }).prototype;
	if (typeof prototype !== "object" || prototype === null) {
		throw new TypeError(`instrument: ${show(target)} is neither an object nor a class; wrap a function with light.stage(name, fn)`);
	}
	return prototype;
}

/** Methods by name, the nearest first, without looking at getters, which would run the user's code. */
function methodsOf(target: object): Map<string, AnyFunction> {
	const methods = new Map<string, AnyFunction>();
	for (let owner: object | null = target; owner !== null && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
		for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
			if (name === "constructor" || name.startsWith("_") || methods.has(name)) continue;
			if (typeof value === "function" && !isClass(value)) methods.set(name, value);
		}
	}
	return methods;
}

export function isClass(value: unknown): boolean {
	return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Puts functions in the place of members; a frozen object is left alone and stands behind a proxy. */
function replaceMembers(target: object, members: ReadonlyMap<PropertyKey, unknown>): object {
	if (!isPatchable(target, [...members.keys()])) return proxyWith(target, members);
	for (const [name, value] of members) {
		const own = Object.getOwnPropertyDescriptor(target, name);
		Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: own?.enumerable ?? false });
	}
	return target;
}

function replaceAt<T extends object>(target: T, path: readonly string[], whole: string, wrap: WrapMember): T {
	const [name, ...rest] = path as [string, ...string[]];
	const owner: object = typeof target === "function" && rest.length === 0 && !(name in target) ? prototypeOf(target) : target;
	const getter = findGetter(owner, name);
	if (getter !== undefined) return replaceGetter(owner, name, getter, rest, whole, wrap) as T;
	const member = readMember(owner, name, whole);
	if (rest.length === 0) {
		if (typeof member !== "function") {
			throw new TypeError(`instrument: methods: ${show(whole)} must name a function, got ${show(member)}`);
		}
		const replaced = replaceMembers(owner, new Map([[name, wrap(member as AnyFunction, whole)]]));
		return (owner === target ? replaced : target) as T;
	}
	if ((typeof member !== "object" && typeof member !== "function") || member === null) {
		throw new TypeError(`instrument: methods: ${show(whole)} has no object at ${show(name)}, got ${show(member)}`);
	}
	const inner = replaceAt(member, rest, whole, wrap);
	return (inner === member ? target : replaceMembers(target, new Map([[name, inner]]))) as T;
}

function readMember(owner: object, name: string, whole: string): unknown {
	try {
		const member: unknown = (owner as Record<string, unknown>)[name];
		if (member !== undefined) return member;
	} catch (cause) {
		throw new TypeError(`instrument: methods: reading ${show(whole)} of ${show(owner)} failed`, { cause });
	}
	throw new TypeError(`instrument: methods: ${show(whole)} is not there; ${show(owner)} has no member ${show(name)}`);
}

function findGetter(target: object, name: string): PropertyDescriptor | undefined {
	for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
		const own = Object.getOwnPropertyDescriptor(owner, name);
		if (own !== undefined) return own.get === undefined ? undefined : own;
	}
	return undefined;
}

/** A getter may make a new object each time it is read: what it gives is wrapped when it is given, once for each object. */
function replaceGetter(owner: object, name: string, getter: PropertyDescriptor, rest: readonly string[], whole: string, wrap: WrapMember): object {
	const wrapped = new WeakMap<object, unknown>();
	const get = function (this: unknown): unknown {
		const member: unknown = Reflect.apply(getter.get as () => unknown, this === undefined ? owner : this, []);
		if ((typeof member !== "object" && typeof member !== "function") || member === null) return member;
		if (!wrapped.has(member)) {
			wrapped.set(member, rest.length === 0 ? wrap(member as AnyFunction, whole) : replaceAt(member, rest, whole, wrap));
		}
		return wrapped.get(member);
	};
	if (!isPatchable(owner, [name])) {
		throw new TypeError(`instrument: methods: ${show(whole)} is behind a getter of a frozen object; instrument what the getter returns`);
	}
	Object.defineProperty(owner, name, { ...getter, get, configurable: true });
	return owner;
}
