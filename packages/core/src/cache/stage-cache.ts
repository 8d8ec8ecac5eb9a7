import type { Attributes } from "@opentelemetry/api";
import type { Call, Definition } from "../call.ts";
import { readNow } from "../clock.ts";
import { withContext } from "../context.ts";
import { emitEvent } from "../emit.ts";
import type { Handler } from "../middleware.ts";
import { show } from "../option.ts";
import { isStream } from "../runner/stream-reader.ts";
import type { Scope } from "../scope.ts";
import { giveUpStream } from "../stream/give-up.ts";
import { hearEnd } from "../stream/hear-end.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { ignoreRejection, isThenable } from "../thenable.ts";
import { type Asking, Flight } from "./flight.ts";
import { keyOf } from "./key.ts";
import { Memory } from "./memory.ts";
import { type CacheMeter, cacheMeter } from "./meter.ts";
import { Refresh } from "./refresh.ts";
import type { CacheSettings } from "./settings.ts";
import type { Shelf } from "./shelf.ts";
import type { CacheEntry } from "./store.ts";
import { type CacheResult, cacheResults } from "./words.ts";

/** The layer around one stage; how it reaches its store is for those that extend it. */
export abstract class StageCache {
	protected readonly settings: CacheSettings;
	protected readonly shelf: Shelf;
	readonly #meter: () => CacheMeter | undefined;
	readonly #attributes: Readonly<Record<CacheResult, Attributes>>;
	/** True once an answer was a stream: those cannot be shared, so nobody is to wait for another's. */
	#givesStreams = false;

	constructor(settings: CacheSettings, definition: Definition, shelf: Shelf) {
		const { name, store } = shelf;
		this.settings = settings;
		this.shelf = shelf;
		const refreshes = settings.lifetimeMs > settings.ttlMs;
		this.#meter = cacheMeter(definition, { name, store, inMemory: store instanceof Memory, refreshes });
		this.#attributes = Object.fromEntries(
			cacheResults.map((result) => [result, Object.freeze({ "cache.name": name, "cache.result": result })]),
		) as unknown as Record<CacheResult, Attributes>;
	}

	/** Answers a call, from the store or through `next`. */
	abstract call(call: Call, next: Handler): unknown;

	/** The answer as something to wait for; undefined for one that is not waited for. */
	protected abstract awaited(answer: unknown): Promise<unknown> | undefined;

	/** Hands an entry to the store. */
	protected abstract write(key: string, entry: CacheEntry): void;

	protected keyOf(call: Call): string | undefined {
		return keyOf(call, this.settings);
	}

	/** How old an entry is; undefined for one that is of no more use, or from a clock that is ahead. */
	protected ageOf(entry: CacheEntry, call: Call): number | undefined {
		const ageMs = readNow(call.clock) - entry.storedMs;
		return ageMs >= 0 && ageMs < this.settings.lifetimeMs ? ageMs : undefined;
	}

	/** Counts what there was for a call, and says so on its span. */
	protected asked(call: Call, result: CacheResult): void {
		this.#meter()?.asked(result);
		call.scope.setAttributes(this.#attributes[result]);
	}

	protected bypass(call: Call, next: Handler): unknown {
		this.asked(call, "bypass");
		return next(call);
	}

	/** What an entry holds, as an answer; the value of {@link unusable} where it cannot be copied. */
	protected valueOf(entry: CacheEntry): unknown {
		const { clone } = this.settings;
		if (clone === undefined) return entry.value;
		try {
			const copy = clone(entry.value);
			if (!isThenable(copy)) return copy;
			// A hit is given as it was kept: a plain value must not become a promise by its copy.
			ignoreRejection(copy);
			throw new TypeError(`cache: clone must give the copy itself, got ${show(copy)}`);
		} catch (error) {
			telemetryFailed("cache clone", error);
			return unusable;
		}
	}

	/** Says that an entry was the answer; one that is no longer fresh is seen to. */
	protected found(call: Call, key: string, ageMs: number, next: Handler): void {
		const isStale = ageMs >= this.settings.ttlMs;
		this.asked(call, isStale ? "stale" : "hit");
		emitEvent(call, "cache.hit", { "cache.name": this.shelf.name, "cache.age_ms": ageMs });
		if (isStale && !this.shelf.flights.has(key)) this.#refresh(call, key, next);
	}

	/** Makes the call, or waits for the one under way. */
	protected missed(call: Call, key: string, next: Handler, isStoreDown: boolean): unknown {
		const flight = this.shelf.flights.get(key);
		if (flight === undefined || this.#givesStreams) {
			return this.#lead(key, { call, next, result: isStoreDown ? "error" : "miss", asked: this.#asked });
		}
		if (flight.isAround(call)) return this.bypass(call, next);
		return flight.join({ call, next, result: "coalesced", asked: this.#asked });
	}

	protected evicted(reason: ReturnType<Memory["set"]>): void {
		if (reason !== undefined) this.#meter()?.evicted(reason);
	}

	#lead(key: string, leader: Asking): unknown {
		const { call, next, result } = leader;
		const flight = new Flight(call.scope, call, (abandoned) => this.#remove(key, abandoned));
		let answer: unknown;
		try {
			answer = next(flight.innerCall(call));
		} catch (error) {
			flight.release();
			this.asked(call, result);
			throw error;
		}
		const promise = this.awaited(answer);
		if (promise === undefined) return this.#answered(key, answer, flight, leader);
		if (!this.shelf.flights.has(key)) this.shelf.flights.set(key, flight);
		const leading = flight.lead(leader);
		promise.then(
			(value) => this.#arrived(flight, key, value, true, leader),
			(error) => this.#failed(flight, key, error),
		);
		return leading;
	}

	/** An answer came that need not be waited for. */
	#answered(key: string, answer: unknown, flight: Flight, { call, result }: Asking): unknown {
		if (isLasting(answer)) {
			this.#givesStreams ||= isStream(answer);
			this.asked(call, "bypass");
			return flight.isHeard ? hearEnd(answer, call, { ended: () => flight.release() }) : answer;
		}
		flight.release();
		this.asked(call, result);
		if (result === "miss") this.#store(key, answer, call.scope, call, false);
		return answer;
	}

	/** @param leader - whoever began it; undefined for a refresh */
	#arrived(flight: Flight, key: string, value: unknown, isPromise: boolean, leader?: Asking): void {
		const isCurrent = this.#remove(key, flight);
		if (isStream(value)) {
			this.#streamArrived(flight, value, leader);
			return;
		}
		if (isCurrent && leader?.result !== "error") {
			this.#store(key, value, flight.scope, leader?.call ?? flight.scope.call, isPromise);
		}
		flight.release();
		for (const { asking, resolve } of flight.waiters) {
			const { call, result, asked } = asking;
			asked(call, result);
			resolve(asking === leader ? value : this.#shared(call, value, flight.scope));
		}
	}

	/** A stream is one caller's alone: each of the others makes a call of its own. */
	#streamArrived(flight: Flight, stream: object, leader: Asking | undefined): void {
		this.#givesStreams = true;
		const { isHeard, waiters } = flight;
		const isTaken = flight.leaveTo(leader);
		if (!isTaken) giveUpStream(stream, new Error("whoever began the call that gave the stream does not wait for it"));
		if (!isHeard || !isTaken) flight.release();
		for (const { asking, context, resolve, reject } of waiters) {
			const { call, next, asked } = asking;
			asked(call, "bypass");
			try {
				if (asking !== leader) resolve(withContext(context, next, call));
				else resolve(isHeard ? hearEnd(stream, call, { ended: () => flight.release() }) : stream);
			} catch (error) {
				reject(error);
			}
		}
	}

	#failed(flight: Flight, key: string, error: unknown): void {
		this.#remove(key, flight);
		flight.release();
		for (const { asking, reject } of flight.waiters) {
			asking.asked(asking.call, asking.result);
			reject(error);
		}
	}

	/** What another call gave, for one that waited for it; what was said of the one holds for the other. */
	#shared({ scope }: Call, value: unknown, from: Scope): unknown {
		scope.outcome = from.outcome;
		scope.outcomeError = from.outcomeError;
		const copy = this.valueOf({ value, storedMs: 0, isPromise: true });
		return copy === unusable ? value : copy;
	}

	readonly #asked = (call: Call, result: CacheResult): void => this.asked(call, result);

	/** Keeps an answer of the stage's own: not what a layer further in gave in its place, and not that there is none. */
	#store(key: string, value: unknown, scope: Scope, call: Call, isPromise: boolean): void {
		if (value === undefined || scope.outcome !== undefined) return;
		const entry: CacheEntry = { value, storedMs: readNow(call.clock), isPromise };
		const copy = this.valueOf(entry);
		if (copy !== unusable) this.write(key, { ...entry, value: copy });
	}

	#refresh(stale: Call, key: string, next: Handler): void {
		const meter = this.#meter();
		const refresh = new Refresh(stale, this.shelf.name, (outcome) => meter?.refreshed(outcome));
		const flight = new Flight(refresh.scope, undefined, (abandoned) => this.#remove(key, abandoned));
		this.shelf.flights.set(key, flight);
		// Not before the stale answer is given.
		Promise.resolve()
			.then(() => refresh.start(next, (call) => flight.innerCall(call)))
			.then(
				(value) => this.#arrived(flight, key, value, refresh.givesPromise),
				(error) => this.#failed(flight, key, error),
			);
	}

	/** False where another call is under way instead. */
	#remove(key: string, flight: Flight): boolean {
		if (this.shelf.flights.get(key) !== flight) return false;
		this.shelf.flights.delete(key);
		return true;
	}
}

/** Stands for an entry that cannot be copied. */
export const unusable: unique symbol = Symbol("unusable");

/** True for what goes on beyond the call that gave it: a stream, or a thenable of a class of its own. */
function isLasting(answer: unknown): boolean {
	return isThenable(answer) || isStream(answer);
}
