import type { Context, Span } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { Scope } from "./scope.ts";

const scopeKey = api.createContextKey("footlight.scope");
const spanKey = keyOfSpan();

/**
 * An OpenTelemetry context that holds a span and a Footlight scope in two fields, over any other context.
 *
 * The API's own copies a map and makes three closures for each value set. Contexts of nested calls do not chain: the
 * inner one shadows both fields of the outer, so it stands on the same base.
 */
export class StageContext implements Context {
	readonly #base: Context;
	readonly #span: Span | undefined;
	readonly #scope: Scope;

	constructor(parent: Context, span: Span | undefined, scope: Scope) {
		this.#base = parent instanceof StageContext ? parent.#base : parent;
		this.#span = span;
		this.#scope = scope;
	}

	getValue(key: symbol): unknown {
		if (key === spanKey) return this.#span ?? this.#base.getValue(key);
		if (key === scopeKey) return this.#scope;
		return this.#base.getValue(key);
	}

	setValue(key: symbol, value: unknown): Context {
		if (key === spanKey) return new StageContext(this.#base, value as Span, this.#scope);
		return new StageContext(this.#base.setValue(key, value), this.#span, this.#scope);
	}

	deleteValue(key: symbol): Context {
		if (key === spanKey) return new StageContext(this.#base.deleteValue(key), undefined, this.#scope);
		return new StageContext(this.#base.deleteValue(key), this.#span, this.#scope);
	}
}

/** The scope of the call that a context belongs to. */
export function scopeOf(context: Context): Scope | undefined {
	return context.getValue(scopeKey) as Scope | undefined;
}

interface Storage {
	getStore(): Context | undefined;
	run<A, R>(context: Context, fn: (argument: A) => R, argument: A): R;
	enterWith?(context: Context): void;
}

// A context that nobody else has: without a manager the root context seems active whatever is asked for.
const probe = api.ROOT_CONTEXT.setValue(api.createContextKey("footlight.probe"), true);

// OpenTelemetry's context manager carries everything once there is one; our own storage serves only until then.
let managerFound = false;
let storage: Storage | undefined;

/** The context of the code that runs now. */
export function activeContext(): Context {
	const active = api.context.active();
	if (storage === undefined) return active;
	// What began before there was a manager goes on in our own storage, unless the manager knows of something newer.
	const stored = storage.getStore();
	return stored === undefined || scopeOf(active) !== undefined || api.trace.getSpan(active) !== undefined
		? active
		: stored;
}

/** Runs `fn(argument)` in a context, and whatever it starts asynchronously too. */
export function withContext<A, R>(context: Context, fn: (argument: A) => R, argument: A): R {
	const own = ownStorage();
	return own === undefined ? api.context.with(context, fn, undefined, argument) : own.run(context, fn, argument);
}

/**
 * A way into a context that has no way back, which is most of what {@link withContext} costs: for code whose context is
 * set back by what called it, or that is the last on its stack. Undefined where there is none: a context manager of
 * OpenTelemetry only runs functions.
 */
export function contextEntrance(): ((context: Context) => void) | undefined {
	const own = ownStorage();
	return own?.enterWith === undefined ? undefined : (context) => own.enterWith?.(context);
}

/** The storage of our own; undefined as soon as there is a context manager. */
function ownStorage(): Storage | undefined {
	managerFound ||= api.context.with(probe, isActive, undefined, probe);
	if (managerFound) return undefined;
	storage ??= createStorage();
	return storage;
}

function isActive(context: Context): boolean {
	return api.context.active() === context;
}

function createStorage(): Storage {
	// Asked for at run time, so that a bundle for a browser has no import of a Node built-in to fail on.
	const hooks = globalThis.process?.getBuiltinModule?.("node:async_hooks");
	return hooks === undefined ? synchronousStorage() : usable(new hooks.AsyncLocalStorage<Context>());
}

/** Some platforms have `enterWith` only to throw. */
function usable(own: Required<Storage>): Storage {
	try {
		own.run(probe, (context) => own.enterWith(context), probe);
		return own;
	} catch {
		return { getStore: () => own.getStore(), run: (context, fn, argument) => own.run(context, fn, argument) };
	}
}

/** Where nothing carries context over an await: it holds for the synchronous part of a call. */
function synchronousStorage(): Storage {
	let current: Context | undefined;
	return {
		getStore: () => current,
		run(context, fn, argument) {
			const before = current;
			current = context;
			try {
				return fn(argument);
			} finally {
				current = before;
			}
		},
	};
}

/** The API keeps the key of the active span to itself; a context that notes what is set on it learns the key. */
function keyOfSpan(): symbol {
	let key: symbol | undefined;
	const recorder: Context = {
		getValue: () => undefined,
		setValue: (given) => {
			key = given;
			return recorder;
		},
		deleteValue: () => recorder,
	};
	api.trace.setSpan(recorder, api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT));
	if (key === undefined)
		throw new Error("footlight: @opentelemetry/api did not set a span on the context it was given");
	return key;
}
