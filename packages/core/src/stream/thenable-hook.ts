import { activeContext, withContext } from "../context.ts";
import type { Audience } from "./audience.ts";
import { opening } from "./opening.ts";
import { isPlainPromise } from "./plain-promise.ts";
import type { ResultWatcher } from "./watcher.ts";

export type Method = (...input: unknown[]) => unknown;

/** Follows what a thenable leads to; undefined for a plain value. */
export type Follow = (result: unknown, watcher: ResultWatcher) => { readonly result: object } | undefined;

/** What the hooked methods of one thenable share. */
export interface Hooked {
	readonly thenable: object;
	readonly audience: Audience;
	readonly follow: Follow;
	/** A call waits for a consumer; once something it asked for has settled, it waits for that alone. */
	consume(watcher: ResultWatcher): void;
}

/** Hooks `then`: it runs in the call's context, its reactions in that of whoever asked. */
export function hookThen(then: Method, hooked: Hooked): Method {
	const { thenable, audience } = hooked;
	return function hookedThen(onFulfilled, onRejected) {
		const watcher = audience.present;
		if (watcher.ended) return Reflect.apply(then, thenable, [onFulfilled, onRejected]);
		const consumer = activeContext();
		const { arrived, failed } = reactions(watcher, hooked);
		const fulfilled = (value: unknown) => {
			const outward = arrived(value);
			return isReaction(onFulfilled) ? withContext(consumer, onFulfilled, outward) : outward;
		};
		const rejected = (error: unknown) => {
			if (!isReaction(onRejected)) return failed(error);
			watcher.failed(error);
			return withContext(consumer, onRejected, error);
		};
		return opening(watcher, () => Reflect.apply(then, thenable, [fulfilled, rejected]));
	};
}

/** Hooks a `catch` or `finally` of the thenable's own class, which need not call `then`. */
export function hookEnd(name: "catch" | "finally", method: Method, hooked: Hooked): Method {
	const { audience } = hooked;
	const hookedMethod = hookMethod(method, hooked);
	return function hookedEnd(...input) {
		// Some take filters before the reaction.
		const reaction = input.pop();
		const watcher = audience.present;
		if (!isReaction(reaction) || watcher.ended) return hookedMethod(...input, reaction);
		const consumer = activeContext();
		return hookedMethod(...input, (value: unknown) => {
			if (name === "catch") watcher.failed(value);
			return withContext(consumer, reaction, value);
		});
	};
}

/** Hooks a method that may be a way into the result: one that gives a promise, or another thenable made from this one. */
export function hookMethod(method: Method, hooked: Hooked): Method {
	const { thenable, audience, follow, consume } = hooked;
	return function hookedMethod(...input) {
		const watcher = audience.present;
		const result = watcher.run((given) => Reflect.apply(method, thenable, given), input);
		if (watcher.ended || result === thenable || result === null || typeof result !== "object") return result;
		if (!isPlainPromise(result)) {
			const derived = follow(result, watcher);
			// The derived one stands in for this one, which nobody may ever await.
			if (derived !== undefined) consume(watcher);
			return derived?.result ?? result;
		}
		const { arrived, failed } = reactions(watcher, hooked);
		return result.then(arrived, failed);
	};
}

/** Announces a piece that a consumer waits for, and gives what ends it. */
function reactions(
	watcher: ResultWatcher,
	{ follow, consume }: Hooked,
): {
	arrived(value: unknown): unknown;
	failed(error: unknown): never;
} {
	watcher.opened();
	watcher.awaiting();
	return {
		arrived(value) {
			const lasting = watcher.ended ? undefined : follow(value, watcher);
			// Not the stream itself: what holds on to it would keep it from ever being collected.
			watcher.released(lasting === undefined ? value : undefined);
			consume(watcher);
			watcher.answered();
			return lasting === undefined ? value : lasting.result;
		},
		failed(error) {
			watcher.failed(error);
			throw error;
		},
	};
}

function isReaction(value: unknown): value is (value: unknown) => unknown {
	return typeof value === "function";
}
