import type { Call } from "./call.ts";

/** Answers a call with a value, a promise or a stream. */
export type Handler = (call: Call) => unknown;

/**
 * A layer: takes the handler inside it, returns the handler outside. First listed is outermost.
 *
 * Composed once, when the stage is defined; calling `next` zero times is a short circuit, twice a retry, in parallel a hedge.
 *
 * @example
 * const shout: Middleware = (next) => (call) => {
 *   console.log(call.name);
 *   return next(call);
 * };
 */
export type Middleware = (next: Handler) => Handler;

/** A layer that must wait before it can answer: it makes the stage's result a promise. */
export interface AsyncMiddleware {
	(next: Handler): Handler;
	readonly waits: true;
}

declare const adds: unique symbol;

/** A layer that may answer with a value of its own: `T` joins the type of the stage's result. */
export interface AddingMiddleware<T> {
	(next: Handler): Handler;
	readonly [adds]?: T;
}

/** What a layer answers with in the place of a stage; never for one that does not say that it does. */
export type AddedBy<Layer> = Layer extends unknown
	? string extends keyof Layer
		? never
		: typeof adds extends keyof Layer
			? Layer extends AddingMiddleware<infer T>
				? T
				: never
			: never
	: never;

/** What a layer says of itself, for `describe()` and for composition. */
export interface LayerDescription {
	readonly name: string;
	/** The options that matter to a reader, plain values only. */
	readonly options: Readonly<Record<string, string | number | boolean>>;
	/** True for a layer that must wait. */
	readonly waits: boolean;
	/** True for a layer that only watches: it never changes the call, the result or the order. */
	readonly observes: boolean;
}

const descriptions = new WeakMap<Middleware, LayerDescription>();

/**
 * Gives a layer its name and what `describe()` shows of it.
 *
 * @example
 * const audit = layer({ name: "audit" }, (next) => (call) => next(call));
 */
export function layer(
	description: Partial<LayerDescription> & { readonly name: string },
	middleware: Middleware,
): Middleware {
	descriptions.set(middleware, { options: {}, waits: false, observes: false, ...description });
	return middleware;
}

/** Like {@link layer}, for one that must wait: the stage's type becomes a promise. */
export function asyncLayer(
	description: Partial<LayerDescription> & { readonly name: string },
	middleware: Middleware,
): AsyncMiddleware {
	const waiting = Object.assign(middleware, { waits: true as const });
	layer({ ...description, waits: true }, waiting);
	return waiting;
}

/** What a layer says of itself; a plain function is known by its name. */
export function describeLayer(middleware: Middleware): LayerDescription {
	return (
		descriptions.get(middleware) ?? {
			name: middleware.name || "anonymous",
			options: {},
			waits: (middleware as Partial<AsyncMiddleware>).waits === true,
			observes: false,
		}
	);
}

/** Puts layers around a handler, the first outermost, exactly as listed. */
export function compose(layers: readonly Middleware[], handler: Handler): Handler {
	return layers.reduceRight((next, middleware) => {
		const composed = middleware(next);
		if (typeof composed !== "function") {
			throw new TypeError(`middleware ${describeLayer(middleware).name} must return a handler (call) => result`);
		}
		return composed;
	}, handler);
}
