import { type Audience, attend } from "./audience.ts";
import { membersOf } from "./fan.ts";
import { opening } from "./opening.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import { type Follow, type Hooked, hookEnd, hookMethod, hookThen, type Method } from "./thenable-hook.ts";
import type { ResultWatcher } from "./watcher.ts";

/**
 * Watches a promise subclass or a lazy thenable (a client's request, a query builder), changed in place.
 *
 * `then` is never called here: that would start a lazy one, and mark a rejection as handled. What the consumer calls is
 * hooked instead: `then`, and every other method of its class, since `withResponse()` or `execute()` may be the way in.
 */
export function followThenable(thenable: PromiseLike<unknown>, watcher: ResultWatcher, follow: Follow): object {
	return attend(thenable, watcher, {
		hook: (audience) => hookThenable(thenable, audience, follow),
		begin: (newcomer) => newcomer.opened(),
		// They are waited for, and all end when it settles.
		mostMembers: Number.POSITIVE_INFINITY,
	});
}

function hookThenable(thenable: PromiseLike<unknown>, audience: Audience, follow: Follow): object {
	const consumed = new WeakSet<ResultWatcher>();
	const consume = (watcher: ResultWatcher) => {
		for (const member of membersOf(watcher)) {
			if (consumed.has(member)) continue;
			consumed.add(member);
			member.released();
		}
	};
	const hooked: Hooked = { thenable, audience, follow, consume };
	const methods = new Map<PropertyKey, Method>();
	for (const [name, method] of methodsOf(thenable)) methods.set(name, hook(name, method, hooked));
	if (!isPatchable(thenable, [...methods.keys()])) return proxyWith(thenable, methods);
	for (const [name, method] of methods) patchMethod(thenable, name, method);
	return thenable;
}

function hook(name: PropertyKey, method: Method, hooked: Hooked): Method {
	switch (name) {
		case "then":
			return hookThen(method, hooked);
		case "catch":
		case "finally":
			return hookEnd(name, method, hooked);
		case Symbol.asyncIterator:
			return hookMethod(
				(...input) => opening(hooked.audience.present, () => Reflect.apply(method, hooked.thenable, input)),
				hooked,
			);
		default:
			return hookMethod(method, hooked);
	}
}

/** The thenable's own methods and those of its classes; `catch` and `finally` of every promise call `then`. */
function methodsOf(thenable: object): Map<PropertyKey, Method> {
	const methods = new Map<PropertyKey, Method>();
	for (let owner: object | null = thenable; owner !== null && !isBuiltIn(owner); owner = Object.getPrototypeOf(owner)) {
		for (const name of Reflect.ownKeys(owner)) {
			if (name === "constructor" || methods.has(name)) continue;
			const { value } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
			if (typeof value === "function") methods.set(name, value);
		}
	}
	const then = (thenable as { then?: unknown }).then;
	if (!methods.has("then") && typeof then === "function") methods.set("then", then as Method);
	return methods;
}

function isBuiltIn(owner: object): boolean {
	return owner === Object.prototype || owner === Function.prototype || owner === Promise.prototype;
}
