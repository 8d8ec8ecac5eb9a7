import { finalized } from "./finalization.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Method = (...input: unknown[]) => unknown;
type Reaction = ((value: unknown) => unknown) | null | undefined;

type Follow = (result: unknown, watcher: ResultWatcher) => { readonly result: object } | undefined;

/** What the hooked methods of one thenable share. */
interface Hooked {
	readonly thenable: object;
	readonly watcher: ResultWatcher;
	/** Follows what the thenable leads to; undefined for a plain value. */
	readonly follow: Follow;
	/** The call waits for a consumer; once something it asked for has settled, it waits for that alone. */
	consume(): void;
}

/**
 * Watches a promise subclass or a lazy thenable (a client's request, a query builder), changed in place.
 *
 * `then` is never called here: that would start a lazy one, and mark a rejection as handled. What the consumer calls is
 * hooked instead: `then`, and every other method of its class, since `withResponse()` or `execute()` may be the way in.
 */
export function followThenable(thenable: PromiseLike<unknown>, watcher: ResultWatcher, follow: Follow): object {
	watcher.opened();
	let consumed = false;
	const consume = () => {
		if (consumed) return;
		consumed = true;
		watcher.released();
	};
	const hooked: Hooked = { thenable, watcher, follow, consume };
	const methods = new Map<PropertyKey, Method>();
	for (const [name, method] of methodsOf(thenable)) {
		methods.set(name, name === "then" ? hookThen(method, hooked) : hook(method, hooked));
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

function hookThen(then: Method, hooked: Hooked): Method {
	const { thenable, watcher } = hooked;
	return function hookedThen(onFulfilled, onRejected) {
		if (watcher.ended) return Reflect.apply(then, thenable, [onFulfilled, onRejected]);
		const { arrived } = reactions(hooked);
		const fulfilled = (value: unknown) => {
			const outward = arrived(value);
			return typeof onFulfilled === "function" ? (onFulfilled as NonNullable<Reaction>)(outward) : outward;
		};
		const rejected = (error: unknown) => {
			watcher.failed(error);
			if (typeof onRejected === "function") return (onRejected as NonNullable<Reaction>)(error);
			throw error;
		};
		return watcher.run((given) => Reflect.apply(then, thenable, given), [fulfilled, rejected]);
	};
}

/** Hooks a method that may be a way into the result: one that gives a promise, or another thenable made from this one. */
function hook(method: Method, hooked: Hooked): Method {
	const { thenable, watcher, follow, consume } = hooked;
	return function hookedMethod(...input) {
		const result = watcher.run((given) => Reflect.apply(method, thenable, given), input);
		if (watcher.ended || result === thenable || result === null || typeof result !== "object") return result;
		if (typeof (result as PromiseLike<unknown>).then !== "function") return result;
		if (!(result instanceof Promise) || result.constructor !== Promise) {
			const derived = follow(result, watcher);
			// The derived one stands in for this one, which nobody may ever await.
			consume();
			return derived?.result ?? result;
		}
		const { arrived, failed } = reactions(hooked);
		return result.then(arrived, failed);
	};
}

/** Announces a piece that a consumer waits for, and gives what ends it. */
function reactions({ watcher, follow, consume }: Hooked): { arrived(value: unknown): unknown; failed(error: unknown): never } {
	watcher.opened();
	watcher.awaiting();
	return {
		arrived(value) {
			const lasting = watcher.ended ? undefined : follow(value, watcher);
			// Not the stream itself: what holds on to it would keep it from ever being collected.
			watcher.released(lasting === undefined ? value : undefined);
			consume();
			watcher.answered();
			return lasting === undefined ? value : lasting.result;
		},
		failed(error) {
			watcher.failed(error);
			throw error;
		},
	};
}
