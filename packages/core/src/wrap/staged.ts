import type { AddingMiddleware, AsyncMiddleware } from "../middleware.ts";
import type { AnyFunction } from "./stage.ts";

/** What layers of a list put in place of the stage's result. */
type Added<Use extends readonly unknown[]> = Use[number] extends infer Layer
	? Layer extends AddingMiddleware<infer T>
		? unknown extends T
			? never
			: T
		: never
	: never;

type Waits<Use extends readonly unknown[]> = Extract<Use[number], AsyncMiddleware> extends never ? false : true;

type Waited<R> =
	R extends AsyncGenerator<infer Y, infer E, infer N>
		? AsyncGenerator<Y, E, N>
		: R extends Generator<infer Y, infer E, infer N>
			? AsyncGenerator<Y, E, N>
			: Promise<Awaited<R>>;

type WithAdded<R, A> = [A] extends [never]
	? R
	: R extends Promise<infer V>
		? Promise<V | Awaited<A>>
		: R extends AsyncGenerator<infer Y, infer E, infer N>
			? AsyncGenerator<Y, E | Awaited<A>, N>
			: R extends Generator<infer Y, infer E, infer N>
				? Generator<Y, E | A, N>
				: R | A;

/**
 * The type of a function after `stage(name, fn, { use })`: the same, unless a layer must wait (its result becomes a
 * promise) or may answer in the function's place (what it answers with joins the type).
 *
 * What gives a generator is taken for a generator function: it stays one under every layer, and an answer in its place is
 * what it returns.
 */
export type Staged<F extends AnyFunction, Use extends readonly unknown[]> =
	Waits<Use> extends true
		? (this: ThisParameterType<F>, ...input: Parameters<F>) => WithAdded<Waited<ReturnType<F>>, Added<Use>>
		: [Added<Use>] extends [never]
			? F
			: (this: ThisParameterType<F>, ...input: Parameters<F>) => WithAdded<ReturnType<F>, Added<Use>>;
