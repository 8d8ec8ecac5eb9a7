import { show } from "../option.ts";
import { isPatchable } from "../stream/patch.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { prototypeOf, replaceMembers, type WrapMember } from "./member.ts";
import type { AnyFunction } from "./stage.ts";

/** Wraps the function at a path such as `chat.completions.create`, and gives what stands for the target from then on. */
export function wrapAt<T extends object>(target: T, path: string, wrap: WrapMember): T {
	return replaceAt(target, path.split("."), path, wrap);
}

function replaceAt<T extends object>(target: T, steps: readonly string[], path: string, wrap: WrapMember): T {
	const [name = "", ...rest] = steps;
	const owner = typeof target === "function" && !isStatic(target, name) ? prototypeOf(target) : target;
	const getter = findGetter(owner, name);
	if (getter !== undefined) {
		replaceGetter(owner, name, getter, path, (member) => wrapMember(member, name, rest, path, wrap));
		return target;
	}
	const member = readMember(owner, name, path);
	const wrapped = wrapMember(member, name, rest, path, wrap);
	const replaced = wrapped === member ? owner : replaceMembers(owner, new Map([[name, wrapped]]));
	return (owner === target ? replaced : target) as T;
}

function wrapMember(member: unknown, name: string, rest: readonly string[], path: string, wrap: WrapMember): object {
	if (rest.length === 0) {
		if (typeof member === "function") return wrap(member as AnyFunction, path);
		throw new TypeError(`instrument: methods: ${show(path)} must name a function, got ${show(member)}`);
	}
	if ((typeof member === "object" && member !== null) || typeof member === "function") {
		return replaceAt(member, rest, path, wrap);
	}
	throw new TypeError(`instrument: methods: ${show(path)} has no object at ${show(name)}, got ${show(member)}`);
}

/** A member of a class itself; what every function has (`apply`, `call`) is none. */
function isStatic(target: object, name: string): boolean {
	for (
		let owner: object | null = target;
		owner !== null && owner !== Function.prototype;
		owner = Object.getPrototypeOf(owner)
	) {
		if (Object.hasOwn(owner, name)) return true;
	}
	return false;
}

function readMember(owner: object, name: string, path: string): unknown {
	let member: unknown;
	try {
		member = (owner as Record<string, unknown>)[name];
	} catch (cause) {
		throw new TypeError(`instrument: methods: reading ${show(path)} of ${show(owner)} failed`, { cause });
	}
	if (member !== undefined) return member;
	throw new TypeError(`instrument: methods: ${show(path)} is not there; ${show(owner)} has no member ${show(name)}`);
}

function findGetter(target: object, name: string): PropertyDescriptor | undefined {
	for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
		const own = Object.getOwnPropertyDescriptor(owner, name);
		if (own !== undefined) return own.get === undefined ? undefined : own;
	}
	return undefined;
}

/** A getter may make a new object each time it is read: what it gives is wrapped when it is given, once for each object. */
function replaceGetter(
	owner: object,
	name: string,
	getter: PropertyDescriptor,
	path: string,
	wrapGiven: (member: object) => object,
): void {
	if (!isPatchable(owner, [name])) {
		throw new TypeError(
			`instrument: methods: ${show(path)} is behind a getter of a frozen object; instrument what the getter returns`,
		);
	}
	const wrapped = new WeakMap<object, object>();
	const get = function (this: unknown): unknown {
		const member: unknown = Reflect.apply(getter.get as () => unknown, this, []);
		if ((typeof member !== "object" && typeof member !== "function") || member === null) return member;
		if (!wrapped.has(member)) wrapped.set(member, attempt(member));
		return wrapped.get(member);
	};
	const attempt = (member: object): object => {
		try {
			return wrapGiven(member);
		} catch (error) {
			// Here the user's own code reads the member; what cannot be wrapped must still be there for it.
			telemetryFailed("instrument", error);
			return member;
		}
	};
	Object.defineProperty(owner, name, { ...getter, get, configurable: true });
}
