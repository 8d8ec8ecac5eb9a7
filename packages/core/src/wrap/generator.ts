import type { Context } from "@opentelemetry/api";
import { withContext } from "../context.ts";
import { withMethods } from "../stream/steps.ts";
import type { AnyFunction } from "./stage.ts";

const steps = ["next", "return", "throw"] as const;
type Step = (typeof steps)[number];

/** Whether a function is a generator function; one that merely returns a generator object is not. */
export function generatorKind(fn: AnyFunction): "sync" | "async" | undefined {
	switch (Object.prototype.toString.call(fn)) {
		case "[object GeneratorFunction]":
			return "sync";
		case "[object AsyncGeneratorFunction]":
			return "async";
		default:
			return undefined;
	}
}

const isBehind = Object.prototype.isPrototypeOf;
const asyncGenerators = Object.getPrototypeOf(async function* () {}).prototype;
const generators = Object.getPrototypeOf(function* () {}).prototype;

/** An object of the class a generator function's own objects have. */
function instanceOf(fn: AnyFunction, fallback: object): object {
	const own: unknown = fn.prototype;
	return Object.create(typeof own === "object" && own !== null ? own : fallback);
}

/** A generator whose chain runs at the first `next()`, as a generator's body does. */
export function lazyGenerator(fn: AnyFunction, start: () => unknown): Generator {
	let inner: Iterator<unknown> | undefined;
	let over = false;
	const step = (name: Step, given: unknown[]): IteratorResult<unknown> => {
		if (over) return ended(name, given);
		if (inner === undefined) {
			if (name !== "next") {
				over = true;
				return ended(name, given);
			}
			try {
				inner = iteratorOf(start(), Symbol.iterator) as Iterator<unknown>;
			} catch (error) {
				over = true;
				throw error;
			}
		}
		return advance(inner, name, given) as IteratorResult<unknown>;
	};
	return withSteps(instanceOf(fn, generators), step) as unknown as Generator;
}

/** An async generator whose chain runs at the first `next()`; a chain that must wait is waited for there. */
export function lazyAsyncGenerator(fn: AnyFunction, start: () => unknown): AsyncGenerator {
	let inner: AsyncIterator<unknown> | Promise<AsyncIterator<unknown>> | undefined;
	let over = false;
	const step = async (name: Step, given: unknown[]): Promise<IteratorResult<unknown>> => {
		// As a generator of the language does, it settles what it is made to return.
		if (over) return ended(name, name === "return" ? [await given[0]] : given);
		if (inner === undefined) {
			if (name !== "next") {
				over = true;
				return step(name, given);
			}
			inner = begin(start, () => {
				over = true;
			});
		}
		return advance(inner instanceof Promise ? await inner : inner, name, given);
	};
	return withSteps(
		generatorKind(fn) === "async" ? instanceOf(fn, asyncGenerators) : Object.create(asyncGenerators),
		step,
	) as unknown as AsyncGenerator;
}

/** Runs the chain; a generator that fails before its first item is over. */
function begin(start: () => unknown, failed: () => void): AsyncIterator<unknown> | Promise<AsyncIterator<unknown>> {
	const iterate = (result: unknown) => iteratorOf(result, Symbol.asyncIterator) as AsyncIterator<unknown>;
	const refuse = (error: unknown): never => {
		failed();
		throw error;
	};
	try {
		const result = start();
		return result instanceof Promise ? result.then(iterate, refuse) : iterate(result);
	} catch (error) {
		return refuse(error);
	}
}

/** What a chain answered, as an iterator: a layer may have answered in the generator's place with any value. */
function iteratorOf(result: unknown, wanted: symbol): Iterator<unknown> | AsyncIterator<unknown> {
	const object = (typeof result === "object" && result !== null ? result : {}) as Record<
		symbol,
		(() => Iterator<unknown>) | undefined
	>;
	const iterate = object[wanted] ?? object[Symbol.iterator];
	if (iterate !== undefined) return iterate.call(result);
	let left = true;
	return {
		next() {
			const value = left ? result : undefined;
			left = false;
			return { done: true, value };
		},
	};
}

function advance(
	inner: Iterator<unknown> | AsyncIterator<unknown>,
	name: Step,
	given: unknown[],
): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
	const method = inner[name] as ((...given: unknown[]) => IteratorResult<unknown>) | undefined;
	return method === undefined ? ended(name, given) : Reflect.apply(method, inner, given);
}

function ended(name: Step, given: unknown[]): IteratorResult<unknown> {
	if (name === "throw") throw given[0];
	return { done: true, value: name === "return" ? given[0] : undefined };
}

/**
 * Has each step of a generator run in a context; anything else is given as it is. Its body would otherwise be run in that
 * of whoever asks for the next item, and those who watch it from further out know of no changed call.
 */
export function steppedIn(context: Context, result: unknown): unknown {
	if (result === null || typeof result !== "object") return result;
	try {
		if (!isGenerator(result)) return result;
		const methods = new Map<Step, (given: unknown) => unknown>();
		for (const name of steps) {
			const method = result[name] as (given: unknown) => unknown;
			const step = (given: unknown) => method.call(result, given);
			methods.set(name, (given) => withContext(context, step, given));
		}
		return withMethods(result, methods);
	} catch {
		// What refuses to be looked at is for those to meet who read it.
		return result;
	}
}

function isGenerator(object: object): object is Generator | AsyncGenerator {
	// Each call with a layer that changes it pays for this.
	return isBehind.call(asyncGenerators, object) || isBehind.call(generators, object);
}

function withSteps(generator: object, step: (name: Step, given: unknown[]) => unknown): object {
	for (const name of steps) {
		const { [name]: value } = { [name]: (...given: unknown[]) => step(name, given) };
		Object.defineProperty(generator, name, { value, writable: true, configurable: true });
	}
	return generator;
}
