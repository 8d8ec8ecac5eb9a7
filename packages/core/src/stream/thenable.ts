import { finalized } from "./finalization.ts";
import { followLasting } from "./follow.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Method = (...input: unknown[]) => unknown;
type Reaction = ((value: unknown) => unknown) | null | undefined;

/**
 * Watches a promise subclass or a lazy thenable (a client's request, a query builder), changed in place.
 *
 * `then` is never called here: that would start a lazy one, and mark a rejection as handled. What the consumer calls is
 * hooked instead: `then`, and every other method of its class, since `withResponse()` or `execute()` may be the way in.
 */
export function followThenable(thenable: PromiseLike<unknown>, watcher: ResultWatcher): object {
	watcher.opened();
	let consumed = false;
	/** The call waits for a consumer; once something it asked for has settled, it waits for that alone. */
	const consume = () => {
		if (consumed) return;
		consumed = true;
		watcher.released();
	};
	const methods = new Map<PropertyKey, Method>();
	for (const [name, method] of methodsOf(thenable)) {
		methods.set(name, name === "then" ? hookThen(thenable, method, watcher, consume) : hook(thenable, method, watcher, consume));
	}
	if (!isPatchable(thenable, [...methods.keys()])) {
		const proxy = proxyWith(thenable, methods);
		finalized.watch(proxy, watcher);
		return proxy;
	}
	for (const [name, method] of methods) patchMethod(thenable, name, method);
	finalized.watch(thenable, watcher);
	return thenable;
}

/** The thenable's own methods and those of its classes, but not what every promise has from `then`. */
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
	// Both call `then`, which is hooked already.
	methods.delete("catch");
	methods.delete("finally");
	return methods;
}

function isBuiltIn(owner: object): boolean {
	return owner === Object.prototype || owner === Function.prototype || owner === Promise.prototype;
}

function hookThen(thenable: object, then: Method, watcher: ResultWatcher, consume: () => void): Method {
	return function hookedThen(onFulfilled, onRejected) {
		if (watcher.ended) return Reflect.apply(then, thenable, [onFulfilled, onRejected]);
		watcher.opened();
		const fulfilled = (value: unknown) => {
			const outward = arrived(value, watcher, consume);
			return typeof onFulfilled === "function" ? (onFulfilled as NonNullable<Reaction>)(outward) : outward;
		};
		const rejected = (error: unknown) => {
			watcher.failed(error);
			if (typeof onRejected === "function") return (onRejected as NonNullable<Reaction>)(error);
			throw error;
		};
		return watcher.run((reactions) => Reflect.apply(then, thenable, reactions), [fulfilled, rejected]);
	};
}

/** Hooks a method that may be a way into the result: one that gives a promise, or another thenable made from this one. */
function hook(thenable: object, method: Method, watcher: ResultWatcher, consume: () => void): Method {
	return function hooked(...input) {
		const result = watcher.run((given) => Reflect.apply(method, thenable, given), input);
		if (watcher.ended || result === thenable || result === null || typeof result !== "object") return result;
		if (typeof (result as PromiseLike<unknown>).then !== "function") return result;
		if (!(result instanceof Promise) || result.constructor !== Promise) {
			const derived = followLasting(result, watcher);
			// The derived one stands in for this one, which nobody may ever await.
			consume();
			return derived?.result ?? result;
		}
		watcher.opened();
		return result.then(
			(value) => arrived(value, watcher, consume),
			(error) => {
				watcher.failed(error);
				throw error;
			},
		);
	};
}

function arrived(value: unknown, watcher: ResultWatcher, consume: () => void): unknown {
	const followed = watcher.ended ? undefined : followLasting(value, watcher);
	watcher.released(value);
	consume();
	return followed === undefined ? value : followed.result;
}
