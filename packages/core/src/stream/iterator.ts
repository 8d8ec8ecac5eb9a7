import { finalized } from "./finalization.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Step = (...input: unknown[]) => unknown;
type Mode = "sync" | "async";

const methods = ["next", "return", "throw"] as const;

/**
 * Watches an iterator or generator object, changed in place: same identity, class and prototype for its consumer.
 *
 * Each step runs in the call's context: Node otherwise gives a generator's body the context of whoever asks for the
 * next item, and spans started there would lose their parent.
 */
export function followIterator(iterator: object, watcher: ResultWatcher, mode: Mode): object {
	watcher.opened();
	watcher.countItems();
	return watchIterator(iterator, watcher, mode);
}

/** As {@link followIterator}, for an iterator that belongs to a piece already announced. */
export function watchIterator(iterator: object, watcher: ResultWatcher, mode: Mode): object {
	const steps = new Map<PropertyKey, Step>();
	for (const name of methods) {
		const original = (iterator as Partial<Record<string, Step>>)[name];
		if (typeof original === "function") steps.set(name, step(iterator, original, name, watcher, mode));
	}
	if (mode === "async" && !steps.has("return")) steps.set("return", returnOfItsOwn(watcher));
	if (isPatchable(iterator, methods)) {
		for (const [name, method] of steps) patchMethod(iterator, name, method);
		finalized.watch(iterator, watcher);
		return iterator;
	}
	const proxy: object = proxyWith(
		iterator,
		new Map<PropertyKey, unknown>([
			...steps,
			[Symbol.iterator, () => proxy],
			[Symbol.asyncIterator, () => proxy],
		]),
	);
	finalized.watch(proxy, watcher);
	return proxy;
}

function step(iterator: object, original: Step, name: (typeof methods)[number], watcher: ResultWatcher, mode: Mode): Step {
	const run = (input: unknown[]) => Reflect.apply(original, iterator, input);
	const stepped = (result: unknown) => {
		const { done, value } = result as IteratorResult<unknown>;
		if (!done) watcher.item(value);
		else if (name === "return") watcher.cancelled();
		else watcher.settled();
		return result;
	};
	const failed = (error: unknown): never => {
		watcher.failed(error);
		throw error;
	};
	const named = {
		[name](...input: unknown[]): unknown {
			if (watcher.ended) return watcher.run(run, input);
			let result: unknown;
			try {
				result = watcher.run(run, input);
			} catch (error) {
				return failed(error);
			}
			if (mode === "sync") return stepped(result);
			return isThenable(result) ? result.then(stepped, failed) : stepped(result);
		},
	};
	return named[name] as Step;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
	return typeof (value as PromiseLike<unknown> | null)?.then === "function";
}

/** Lets a `break` be heard on an iterator that has no `return` to hear it. */
function returnOfItsOwn(watcher: ResultWatcher): Step {
	return async (value) => {
		watcher.cancelled();
		return { done: true, value };
	};
}
