import type { Call } from "../call.ts";
import type { Handler } from "../middleware.ts";
import { hasMembers, isPlainPromise } from "../stream/plain-promise.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { Memory } from "./memory.ts";
import { StageCache, unusable } from "./stage-cache.ts";
import { type CacheEntry, entryOf, type SyncCacheStore } from "./store.ts";

/** A cache whose store answers at once: a stage that need not wait stays so. */
export class SyncCache extends StageCache {
	override call(call: Call, next: Handler): unknown {
		const key = this.keyOf(call);
		if (key === undefined) return this.bypass(call, next);
		let entry: CacheEntry | undefined;
		try {
			entry = this.#read(key);
		} catch (error) {
			telemetryFailed("cache store", error);
			return this.missed(call, key, next, true);
		}
		if (entry === undefined) return this.missed(call, key, next, false);
		const ageMs = this.ageOf(entry, call);
		if (ageMs === undefined) {
			if (this.shelf.store instanceof Memory && this.shelf.store.delete(key)) this.evicted("expired");
			return this.missed(call, key, next, false);
		}
		const value = this.valueOf(entry);
		if (value === unusable) return this.missed(call, key, next, true);
		this.found(call, key, ageMs, next);
		return entry.isPromise ? Promise.resolve(value) : value;
	}

	protected override awaited(answer: unknown): Promise<unknown> | undefined {
		// Of a promise with members of its own, or one that is lazy, an entry could only give a poorer copy.
		return isPlainPromise(answer) && !hasMembers(answer) ? answer : undefined;
	}

	protected override write(key: string, entry: CacheEntry): void {
		const { store, prefix } = this.shelf;
		try {
			if (store instanceof Memory) this.evicted(store.set(key, entry));
			else (store as SyncCacheStore).set(prefix + key, entry, { ttl: this.settings.lifetimeMs });
		} catch (error) {
			telemetryFailed("cache store", error);
		}
	}

	#read(key: string): CacheEntry | undefined {
		const { store, prefix } = this.shelf;
		return store instanceof Memory ? store.get(key) : entryOf((store as SyncCacheStore).get(prefix + key));
	}
}
