import type { Call } from "../call.ts";
import {
	integerFrom,
	knownOptions,
	milliseconds,
	nonEmptyName,
	optionalFunction,
	positiveInteger,
	refuse,
	withMethods,
} from "../option.ts";
import type { AsyncCacheStore, SyncCacheStore } from "./store.ts";

/** Options of `cache`. */
export interface CacheOptions {
	/** How long an answer is fresh, in milliseconds. */
	readonly ttlMs: number;
	/**
	 * What tells one answer from another: whatever it depends on has to be in it, the user too where it depends on whom it
	 * is for. A call without a key is not cached; nor is one whose key cannot be told, because this throws.
	 * @default the arguments, where they are plain data of at most 100,000 characters, and the object a method is called on
	 */
	readonly key?: (call: Call) => string | undefined;
	/** How long an answer that is no longer fresh is still given, while a call in the background gets a new one; in milliseconds. @default 0 */
	readonly staleWhileRevalidateMs?: number;
	/**
	 * Name of the cache on spans and metrics. All stages under one layer, or one store, that have this name share their
	 * answers.
	 * @default the names of pipeline and stage, so that no two stages share any
	 */
	readonly name?: string;
	/** Most answers kept in memory, of each stage, or of all that share a name. Not with a `store`. @default 1000 */
	readonly maxEntries?: number;
	/** Keeps the answers: an `LRUCache`, a `Keyv`, or what has the shape of either. @default the process's memory */
	readonly store?: SyncCacheStore | AsyncCacheStore;
	/** How long a call waits for a store that answers by promises, in milliseconds. @default 1000 */
	readonly storeTimeoutMs?: number;
	/**
	 * Copies an answer when it is stored and whenever it is given again: `structuredClone`. Where it fails, or gives a
	 * promise, there is no copy: what was kept is no hit (`error`), and the answer is not kept.
	 * @default none: all get the same object
	 */
	readonly clone?: (value: unknown) => unknown;
}

/** The options, checked, with their defaults. */
export interface CacheSettings {
	readonly ttlMs: number;
	/** How long an entry is of use: while it is fresh, and while it is stale. */
	readonly lifetimeMs: number;
	readonly key: CacheOptions["key"];
	readonly name: string | undefined;
	readonly maxEntries: number;
	readonly store: SyncCacheStore | AsyncCacheStore | undefined;
	readonly storeTimeoutMs: number;
	readonly clone: CacheOptions["clone"];
}

const known = [
	"ttlMs",
	"key",
	"staleWhileRevalidateMs",
	"name",
	"maxEntries",
	"store",
	"storeTimeoutMs",
	"clone",
] as const;

const longestMs = 2 ** 31 - 1;

export function cacheSettings(options: CacheOptions): CacheSettings {
	knownOptions("cache", options, known);
	const { ttlMs, key, staleWhileRevalidateMs = 0, name, maxEntries, store, clone } = options ?? {};
	const { storeTimeoutMs = 1_000 } = options ?? {};
	milliseconds("cache: ttlMs", ttlMs);
	optionalFunction("cache: key", key);
	integerFrom("cache: staleWhileRevalidateMs", staleWhileRevalidateMs, 0);
	if (staleWhileRevalidateMs > longestMs) {
		refuse(RangeError, "cache: staleWhileRevalidateMs", `at most ${longestMs}`, staleWhileRevalidateMs);
	}
	if (name !== undefined) nonEmptyName("cache: name", name);
	if (maxEntries !== undefined) positiveInteger("cache: maxEntries", maxEntries);
	if (store !== undefined) {
		withMethods("cache: store", store, ["get", "set"]);
		// It would grow without end.
		if (store instanceof Map) refuse(TypeError, "cache: store", "of the shape of an LRUCache or a Keyv", store);
		if (maxEntries !== undefined) {
			refuse(RangeError, "cache: maxEntries", "absent with a store, which has a limit of its own", maxEntries);
		}
	}
	milliseconds("cache: storeTimeoutMs", storeTimeoutMs);
	optionalFunction("cache: clone", clone);
	const lifetimeMs = ttlMs + staleWhileRevalidateMs;
	return { ttlMs, lifetimeMs, key, name, maxEntries: maxEntries ?? 1_000, store, storeTimeoutMs, clone };
}
