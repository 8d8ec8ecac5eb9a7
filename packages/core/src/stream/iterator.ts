import { show } from "../option.ts";
import { type Audience, attend } from "./audience.ts";
import { opening } from "./opening.ts";
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
	return attend(iterator, watcher, {
		hook: (audience) => hookIterator(iterator, audience, stepping, !isPlatforms(iterator)),
		begin(newcomer) {
			newcomer.opened();
			newcomer.countItems();
		},
	});
}

/** As {@link followIterator}, for an iterator that belongs to a piece already announced. */
export function watchIterator(iterator: object, watcher: ResultWatcher, stepping: Stepping): object {
	return attend(iterator, watcher, { hook: (audience) => hookIterator(iterator, audience, stepping, false) });
}

/**
 * False where the object's iteration is sure to be apart from its `next()`, as that of a database cursor is. To be sure
 * that it is not, one would have to begin it.
 */
export function mayBeIterator(object: object, symbol: typeof Symbol.iterator | typeof Symbol.asyncIterator): boolean {
	const { next, [symbol]: iterate } = object as { next?: unknown; [key: symbol]: unknown };
	if (typeof next !== "function" || typeof iterate !== "function") return false;
	return isPlatforms(object) || !Object.prototype.toString.call(iterate).endsWith("GeneratorFunction]");
}

const iteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
const asyncIteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

function isPlatforms(iterator: object): boolean {
	return [iteratorPrototype, asyncIteratorPrototype].some((prototype) =>
		Object.prototype.isPrototypeOf.call(prototype, iterator),
	);
}

/** What the steps of one iterator share. */
interface Hooked {
	readonly iterator: object;
	readonly audience: Audience;
	readonly stepping: Stepping;
	/** True once its iteration has turned out to be apart from its `next()`. */
	isApart: boolean;
	/** True where its `next()` is sure to give `{ done, value }`, and not items as they are, as a cursor's does. */
	isSure: boolean;
}

function hookIterator(iterator: object, audience: Audience, stepping: Stepping, inDoubt: boolean): object {
	const hooked: Hooked = { iterator, audience, stepping, isApart: false, isSure: !inDoubt };
	const steps = new Map<PropertyKey, Step>();
	for (const name of methods) {
		let original: unknown;
		try {
			original = (iterator as Partial<Record<string, unknown>>)[name];
		} catch {
			// A getter that throws is for the consumer to meet, who may never read it.
			continue;
		}
		if (typeof original === "function") steps.set(name, step(original as Step, name, hooked));
		else if (name === "return") steps.set(name, returnOfItsOwn(hooked));
	}
	const outward = () => made;
	const symbol = stepping.mode === "async" ? Symbol.asyncIterator : Symbol.iterator;
	const iterate = (iterator as Record<symbol, unknown>)[symbol];
	const iterateHooked = inDoubt && typeof iterate === "function" && iteration(iterate as Step, hooked, outward);
	if (iterateHooked) steps.set(symbol, iterateHooked);
	const isInPlace = isPatchable(iterator, [...steps.keys()]);
	if (isInPlace) {
		for (const [name, method] of steps) patchMethod(iterator, name, method);
	} else {
		for (const name of [Symbol.iterator, Symbol.asyncIterator]) {
			if (name in iterator && !steps.has(name)) steps.set(name, outward);
		}
	}
	const made: object = isInPlace ? iterator : proxyWith(iterator, steps);
	return made;
}

/** Begins an iteration; where it is apart, it is the one that counts, and `next()` is how it asks for more. */
function iteration(iterate: Step, hooked: Hooked, outward: () => object): Step {
	const { iterator, audience, stepping } = hooked;
	return () => {
		const watcher = audience.present;
		const begun = opening(watcher, () => Reflect.apply(iterate, iterator, []));
		if (begun === iterator) {
			hooked.isSure = true;
			return outward();
		}
		hooked.isApart = true;
		if (watcher.ended || begun === null || typeof begun !== "object") return begun;
		if (stepping.mode === "async") return watchIterator(begun, watcher, stepping);
		// It is a collection.
		watcher.settled();
		return begun;
	};
}

function step(original: Step, name: (typeof methods)[number], hooked: Hooked): Step {
	const { iterator, audience, stepping } = hooked;
	const run = (input: unknown[]) => Reflect.apply(original, iterator, input);
	let heard: Heard | undefined;
	const named = {
		[name](...input: unknown[]): unknown {
			const watcher = audience.present;
			if (watcher.ended || hooked.isApart) return watcher.run(run, input);
			// Made once, since each item pays for it: who watches hardly ever changes.
			if (heard?.watcher !== watcher) heard = heardBy(watcher, name, hooked);
			const { stepped, failed } = heard;
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

interface Heard {
	readonly watcher: ResultWatcher;
	stepped(result: unknown): unknown;
	failed(error: unknown): never;
}

function heardBy(watcher: ResultWatcher, name: (typeof methods)[number], hooked: Hooked): Heard {
	return {
		watcher,
		stepped(result) {
			hear(result, name, watcher, hooked);
			watcher.answered();
			return result;
		},
		failed(error) {
			watcher.failed(error);
			throw error;
		},
	};
}

function hear(result: unknown, name: (typeof methods)[number], watcher: ResultWatcher, hooked: Hooked): void {
	const { aborted, counted, returnsOnly } = hooked.stepping;
	const isEnd = result === null || typeof result !== "object";
	let done: boolean | undefined;
	let value: unknown = result;
	if (isEnd && name === "next" && hooked.isSure) {
		watcher.failed(new TypeError(`next() of a stream gave ${show(result)}, not { done, value }`));
		return;
	}
	try {
		// A cursor's `next()` gives the items as they are, and at its end none.
		if (isEnd) done = true;
		else if ("done" in result || "value" in result) ({ done, value } = result as IteratorResult<unknown>);
	} catch {
		// What cannot be read is for the consumer to fail on.
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
function returnOfItsOwn({ audience, stepping }: Hooked): Step {
	return (value) => {
		audience.present.cancelled();
		const result = { done: true, value };
		return stepping.mode === "async" ? Promise.resolve(result) : result;
	};
}
