import { finalized } from "./finalization.ts";
import { isPatchable, patchMethod, proxyWith } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Step = (...input: unknown[]) => unknown;

/** How an iterator is stepped, and what its end means. */
export interface Stepping {
	readonly mode: "sync" | "async";
	/** True once an end without an error is that of something aborted. */
	readonly aborted?: () => boolean;
	/** Ends its own iteration only: what it iterates can be read on. */
	readonly returnsOnly?: boolean;
	/** True once its items are counted elsewhere. */
	readonly counted?: () => boolean;
}

const methods = ["next", "return", "throw"] as const;

/**
 * Watches an iterator or generator object, changed in place: same identity, class and prototype for its consumer.
 *
 * Each step runs in the call's context: Node otherwise gives a generator's body the context of whoever asks for the
 * next item, and spans started there would lose their parent.
 */
export function followIterator(iterator: object, watcher: ResultWatcher, stepping: Stepping): object {
	watcher.opened();
	watcher.countItems();
	return watchIterator(iterator, watcher, stepping);
}

/** As {@link followIterator}, for an iterator that belongs to a piece already announced. */
export function watchIterator(iterator: object, watcher: ResultWatcher, stepping: Stepping): object {
	const steps = new Map<PropertyKey, Step>();
	for (const name of methods) {
		const original = (iterator as Partial<Record<string, Step>>)[name];
		if (typeof original === "function") steps.set(name, step(iterator, original, name, watcher, stepping));
	}
	if (!steps.has("return")) steps.set("return", returnOfItsOwn(watcher, stepping));
	if (isPatchable(iterator, methods)) {
		for (const [name, method] of steps) patchMethod(iterator, name, method);
		finalized.watch(iterator, watcher);
		return iterator;
	}
	for (const name of [Symbol.iterator, Symbol.asyncIterator]) if (name in iterator) steps.set(name, () => proxy);
	const proxy: object = proxyWith(iterator, steps);
	finalized.watch(proxy, watcher);
	return proxy;
}

function step(
	iterator: object,
	original: Step,
	name: (typeof methods)[number],
	watcher: ResultWatcher,
	stepping: Stepping,
): Step {
	const run = (input: unknown[]) => Reflect.apply(original, iterator, input);
	const stepped = (result: unknown) => {
		hear(result, name, watcher, stepping);
		watcher.answered();
		return result;
	};
	const failed = (error: unknown): never => {
		watcher.failed(error);
		throw error;
	};
	const named = {
		[name](...input: unknown[]): unknown {
			if (watcher.ended) return watcher.run(run, input);
			watcher.awaiting();
			let result: unknown;
			try {
				result = watcher.run(run, input);
			} catch (error) {
				return failed(error);
			}
			return stepping.mode === "async" && isThenable(result) ? result.then(stepped, failed) : stepped(result);
		},
	};
	return named[name] as Step;
}

function hear(result: unknown, name: (typeof methods)[number], watcher: ResultWatcher, stepping: Stepping): void {
	const { aborted, counted, returnsOnly } = stepping;
	let done: boolean | undefined;
	let value: unknown;
	try {
		({ done, value } = result as IteratorResult<unknown>);
	} catch {
		// A step that gives no result, or one that cannot be read, is for the consumer to fail on.
		return;
	}
	if (!done) {
		if (!counted?.()) watcher.item(value);
	} else if (name === "return" ? !returnsOnly : aborted?.()) watcher.cancelled();
	else if (name !== "return") watcher.settled();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
	return typeof (value as PromiseLike<unknown> | null)?.then === "function";
}

/** Lets a `break` be heard on an iterator that has no `return` to hear it. */
function returnOfItsOwn(watcher: ResultWatcher, { mode }: Stepping): Step {
	return (value) => {
		watcher.cancelled();
		const result = { done: true, value };
		return mode === "async" ? Promise.resolve(result) : result;
	};
}
