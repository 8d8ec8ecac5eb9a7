import type { AddedBy, AsyncMiddleware } from "../middleware.ts";
import type { AnyFunction } from "./stage.ts";

/** What layers of a list put in place of the stage's result. */
type Added<Use extends readonly unknown[]> = AddedBy<Use[number]>;

type Waits<Use extends readonly unknown[]> = Extract<Use[number], AsyncMiddleware> extends never ? false : true;

type Waited<R> = [R] extends [never]
	? Promise<never>
	: R extends AsyncGenerator<infer Y, infer E, infer N>
		? AsyncGenerator<Y, E, N>
		: R extends Generator<infer Y, infer E, infer N>
			? AsyncGenerator<Y, E, N>
			: Promise<Awaited<R>>;

type Iterated<Y, E> = { readonly item: Y; readonly end: E };
type Single<E> = { readonly item: never; readonly end: E };

/** What an answer gives in the place of a generator's steps: a text is one value, and not iterated. */
type SyncSteps<A> = A extends string ? Single<A> : A extends Iterable<infer Y, infer E> ? Iterated<Y, E> : Single<A>;
type AsyncSteps<A> = A extends AsyncIterable<infer Y, infer E> ? Iterated<Y, E> : SyncSteps<A>;

type WithAdded<R, A> = [A] extends [never]
	? R
	: [R] extends [never]
		? A
		: R extends Promise<infer V>
			? Promise<V | Awaited<A>>
			: R extends AsyncGenerator<infer Y, infer E, infer N>
				? AsyncGenerator<Y | AsyncSteps<Awaited<A>>["item"], E | AsyncSteps<Awaited<A>>["end"], N>
				: R extends Generator<infer Y, infer E, infer N>
					? Generator<Y | SyncSteps<A>["item"], E | SyncSteps<A>["end"], N>
					: R | A;

/**
 * The type of a function after `stage(name, fn, { use })`: the same, unless a layer must wait (its result becomes a
 * promise) or may answer in the function's place (what it answers with joins the type).
 *
 * What gives a generator is taken for a generator function: it stays one under every layer. An answer in its place that can
 * be iterated gives the items, any other is what it returns.
 */
export type Staged<F extends AnyFunction, Use extends readonly unknown[]> =
	Waits<Use> extends true
		? (this: ThisParameterType<F>, ...input: Parameters<F>) => WithAdded<Waited<ReturnType<F>>, Added<Use>>
		: [Added<Use>] extends [never]
			? F
			: (this: ThisParameterType<F>, ...input: Parameters<F>) => WithAdded<ReturnType<F>, Added<Use>>;
