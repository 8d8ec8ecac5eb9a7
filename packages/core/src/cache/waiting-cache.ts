import type { Call, Definition } from "../call.ts";
import type { Handler } from "../middleware.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { isThenable } from "../thenable.ts";
import { TimeLimit } from "../time-limit.ts";
import type { CacheSettings } from "./settings.ts";
import type { Shelf } from "./shelf.ts";
import { StageCache, unusable } from "./stage-cache.ts";
import { type AsyncCacheStore, type CacheEntry, entryOf } from "./store.ts";

/** What a store gave: an entry, none, or no answer at all. */
type Found = CacheEntry | undefined | typeof failed;

const failed: unique symbol = Symbol("failed");

/** A cache whose store has to be waited for. */
export class WaitingCache extends StageCache {
	readonly #limit: TimeLimit;
	/** Questions to the store that it has yet to answer, by key: what all ask at the same time is asked once. */
	readonly #reading = new Map<string, Promise<CacheEntry | undefined>>();

	constructor(settings: CacheSettings, definition: Definition, shelf: Shelf) {
		super(settings, definition, shelf);
		this.#limit = new TimeLimit(`the store of cache ${shelf.name}`, settings.storeTimeoutMs, definition.pipeline.clock);
	}

	override async call(call: Call, next: Handler): Promise<unknown> {
		const key = this.keyOf(call);
		if (key === undefined) return this.bypass(call, next);
		const flight = this.shelf.flights.get(key);
		if (flight !== undefined && !flight.isRefresh) return this.missed(call, key, next, false);
		const found = this.shelf.writing.get(key) ?? (await this.#read(key, call));
		const entry = found === failed ? undefined : found;
		const ageMs = entry === undefined ? undefined : this.ageOf(entry, call);
		if (entry === undefined || ageMs === undefined) return this.missed(call, key, next, found === failed);
		const value = this.valueOf(entry);
		if (value === unusable) return this.missed(call, key, next, true);
		this.found(call, key, ageMs, next);
		return value;
	}

	protected override awaited(answer: unknown): Promise<unknown> | undefined {
		return isThenable(answer) ? Promise.resolve(answer) : undefined;
	}

	/** Nobody waits for the store to take an entry; until it has, the entry is had from here. */
	protected override write(key: string, entry: CacheEntry): void {
		const { store, prefix, writing } = this.shelf;
		writing.set(key, entry);
		const write = async () => (store as AsyncCacheStore).set(prefix + key, entry, this.settings.lifetimeMs);
		this.#limit
			.of(write())
			.catch((error) => telemetryFailed("cache store", error))
			.finally(() => {
				if (writing.get(key) === entry) writing.delete(key);
			});
	}

	/** What the store has; each who asks waits for it as long as it may, and no longer than for its own call. */
	async #read(key: string, call: Call): Promise<Found> {
		const { signal } = call;
		const reading = this.#reading.get(key) ?? this.#begin(key);
		try {
			return await this.#limit.of(reading, signal, () => this.asked(call, "error"));
		} catch (error) {
			if (signal?.aborted) throw signal.reason;
			telemetryFailed("cache store", error);
			this.#forget(key, reading);
			return failed;
		}
	}

	#begin(key: string): Promise<CacheEntry | undefined> {
		const { store, prefix } = this.shelf;
		const read = async () => entryOf(await (store as AsyncCacheStore).get(prefix + key));
		const reading = read();
		this.#reading.set(key, reading);
		const over = () => this.#forget(key, reading);
		reading.then(over, over);
		return reading;
	}

	/** Who comes later asks the store anew. */
	#forget(key: string, reading: Promise<unknown>): void {
		if (this.#reading.get(key) === reading) this.#reading.delete(key);
	}
}
