import type { Context } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import { withMovingDeadline } from "../call-copy.ts";
import { activeContext, scopeOf } from "../context.ts";
import type { Handler } from "../middleware.ts";
import type { Scope } from "../scope.ts";
import { hear } from "../timing/hearing.ts";
import { LazySignal } from "../timing/lazy-signal.ts";
import type { CacheResult } from "./words.ts";

/** A call at a cache, and what it needs to go on by itself. */
export interface Asking {
	readonly call: Call;
	readonly next: Handler;
	/** What it counts as, if the answer can be shared. */
	readonly result: CacheResult;
	/** Counts the call, and says so on its span. */
	readonly asked: (call: Call, result: CacheResult) => void;
}

/** A call that waits for what another one is getting, or for what it is getting itself. */
export class Waiter {
	readonly asking: Asking;
	/** Of whoever waits: what it goes on with belongs there. */
	readonly context: Context;
	readonly promise: Promise<unknown>;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: unknown) => void;

	constructor(asking: Asking) {
		const { promise, resolve, reject } = Promise.withResolvers<unknown>();
		this.asking = asking;
		this.context = activeContext();
		this.promise = promise;
		this.resolve = resolve;
		this.reject = reject;
	}
}

/**
 * One call for all that ask the same at the same time.
 *
 * Whoever is aborted leaves, and the others go on; the last one aborts the work, and then waits for it as if there were no
 * cache. What nobody waits for any more may not be joined.
 */
export class Flight {
	/** Where the work belongs: to the call that began it. */
	readonly scope: Scope;
	/** True for work in the background, which nobody may ever wait for. */
	readonly isRefresh: boolean;
	readonly #first: Call | undefined;
	readonly #waiters = new Map<Waiter, (() => void) | undefined>();
	readonly #signal = new LazySignal(() => this.#heard());
	readonly #abandoned: (flight: Flight) => void;
	#isAsked = false;
	#isCounting = false;
	#stopListening: (() => void) | undefined;

	/** @param first - the call that began it; undefined for a refresh */
	constructor(scope: Scope, first: Call | undefined, abandoned: (flight: Flight) => void) {
		this.scope = scope;
		this.#first = first;
		this.isRefresh = first === undefined;
		this.#abandoned = abandoned;
	}

	/** True where the work has asked for its signal: as long as it goes on, the call's must reach it. */
	get isHeard(): boolean {
		return this.#isAsked;
	}

	get waiters(): readonly Waiter[] {
		return [...this.#waiters.keys()];
	}

	/** The call as the work is given it: it is aborted when nobody waits any more, and may go on for whoever has most time. */
	innerCall(call: Call): Call {
		return withMovingDeadline(
			call,
			() => this.#latestDeadlineMs(),
			() => this.#askSignal(),
		);
	}

	/** The first call waits too, once it turns out that there is something to wait for. */
	lead(asking: Asking): Promise<unknown> {
		const waiter = new Waiter(asking);
		this.#waiters.set(waiter, undefined);
		this.#stopListening?.();
		this.#stopListening = undefined;
		if (this.#isAsked) this.#listen(waiter);
		return waiter.promise;
	}

	join(asking: Asking): Promise<unknown> {
		const waiter = new Waiter(asking);
		const { signal } = asking.call;
		if (signal?.aborted) {
			leave(waiter, signal.reason);
			return waiter.promise;
		}
		this.#waiters.set(waiter, undefined);
		// The first call is listened to only now: asking for a signal may make one.
		for (const [each, stop] of this.#waiters) if (stop === undefined) this.#listen(each);
		return waiter.promise;
	}

	/** The work goes on as the first call's own: the others are let go of. False where the first has left. */
	leaveTo(leader: Asking | undefined): boolean {
		let isThere = false;
		for (const [waiter, stop] of this.#waiters) {
			if (waiter.asking === leader) {
				isThere = true;
				continue;
			}
			stop?.();
			this.#waiters.delete(waiter);
		}
		return isThere;
	}

	/** The work is done, or goes on as somebody's own: signals are let go of. */
	release(): void {
		this.#stopListening?.();
		for (const stop of this.#waiters.values()) stop?.();
	}

	/** True where this work is that of a call around the given one, which would wait for itself. */
	isAround(call: Call): boolean {
		const own = ownerOf(call.scope);
		// Where nobody observes the calls, only the context knows of the one around.
		const active = scopeOf(activeContext());
		return this.#isAmong(own.parent) || (active !== undefined && ownerOf(active) !== own && this.#isAmong(active));
	}

	#isAmong(innermost: Scope | undefined): boolean {
		const own = ownerOf(this.scope);
		for (let scope = innermost; scope !== undefined; scope = scope.parent) if (ownerOf(scope) === own) return true;
		return false;
	}

	#latestDeadlineMs(): number | undefined {
		if (this.#first === undefined) return undefined;
		if (this.#waiters.size === 0) return this.#first.deadlineMs;
		let latestMs = Number.NEGATIVE_INFINITY;
		// Where two wait for each other, neither gives the other any time.
		if (this.#isCounting) return latestMs;
		this.#isCounting = true;
		try {
			for (const { asking } of this.#waiters.keys()) {
				const { deadlineMs } = asking.call;
				if (deadlineMs === undefined) return undefined;
				latestMs = Math.max(latestMs, deadlineMs);
			}
		} finally {
			this.#isCounting = false;
		}
		return latestMs;
	}

	#askSignal(): AbortSignal {
		this.#isAsked = true;
		const signal = this.#signal.get(() => undefined);
		if (this.#first !== undefined && this.#waiters.size === 0) {
			this.#stopListening ??= onAbort(this.#first.signal, (reason) => this.#signal.abort(reason));
		}
		for (const [waiter, stop] of this.#waiters) if (stop === undefined) this.#listen(waiter);
		return signal;
	}

	/** What the work heeds, it heeds for all who wait for it. */
	#heard(): void {
		hear(this.#first?.signal);
		for (const { asking } of this.#waiters.keys()) hear(asking.call.signal);
	}

	#listen(waiter: Waiter): void {
		const stop = onAbort(waiter.asking.call.signal, (reason) => this.#aborted(waiter, reason));
		if (this.#waiters.has(waiter)) this.#waiters.set(waiter, stop);
	}

	#aborted(waiter: Waiter, reason: unknown): void {
		if (this.#waiters.size === 1) {
			this.#abandoned(this);
			this.#signal.abort(reason);
			return;
		}
		this.#waiters.get(waiter)?.();
		this.#waiters.delete(waiter);
		leave(waiter, reason);
	}
}

function leave({ asking: { call, result, asked }, reject }: Waiter, reason: unknown): void {
	asked(call, result);
	reject(reason);
}

/** The scope of the whole call, of which a scope may be one attempt. */
function ownerOf(scope: Scope): Scope {
	return scope.attemptOf ?? scope;
}

/** Calls back when a signal aborts, or at once where it has; what it gives ends that. */
function onAbort(signal: AbortSignal | undefined, heard: (reason: unknown) => void): () => void {
	if (signal === undefined) return nothing;
	if (signal.aborted) {
		heard(signal.reason);
		return nothing;
	}
	const listener = () => heard(signal.reason);
	signal.addEventListener("abort", listener, { once: true });
	return () => signal.removeEventListener("abort", listener);
}

function nothing(): void {}
