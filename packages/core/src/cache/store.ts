/** What a cache keeps of one answer; of plain members, so that a store may write it as JSON. */
export interface CacheEntry {
	/** The answer; where it was a promise, what that gave. */
	readonly value: unknown;
	/** When it was stored, in milliseconds since 1970. */
	readonly storedMs: number;
	/** True where the stage answers with a promise. */
	readonly isPromise: boolean;
}

/** A store that answers at once: an `LRUCache` of the package lru-cache, or what has its shape. */
export interface SyncCacheStore {
	get(key: string): unknown;
	/** @param options - `ttl` is how long the entry may be of use, in milliseconds */
	set(key: string, entry: CacheEntry, options: { readonly ttl: number }): unknown;
	/** Tells this shape from that of Keyv; it is not called. */
	getRemainingTTL(key: string): number;
	/** How many entries it holds, where it can tell. */
	readonly size?: number;
}

/** A store that answers by promises: a `Keyv`, or what has its shape. */
export interface AsyncCacheStore {
	get(key: string): Promise<unknown>;
	/** @param ttl - how long the entry may be of use, in milliseconds */
	set(key: string, entry: CacheEntry, ttl: number): Promise<unknown>;
	/** How many entries it holds, where it can tell. */
	readonly size?: number;
}

export function isSyncStore(store: SyncCacheStore | AsyncCacheStore): store is SyncCacheStore {
	return typeof (store as Partial<SyncCacheStore>).getRemainingTTL === "function";
}

/** What a store gave, if it is an entry: it may be shared with others, and may have kept it through a restart. */
export function entryOf(given: unknown): CacheEntry | undefined {
	if (typeof given !== "object" || given === null) return undefined;
	const { storedMs } = given as Partial<CacheEntry>;
	return Number.isFinite(storedMs) && "value" in given ? (given as CacheEntry) : undefined;
}
