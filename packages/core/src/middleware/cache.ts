import { type CacheOptions, cacheSettings } from "../cache/settings.ts";
import { shelves } from "../cache/shelf.ts";
import type { StageCache } from "../cache/stage-cache.ts";
import { type AsyncCacheStore, isSyncStore, type SyncCacheStore } from "../cache/store.ts";
import { SyncCache } from "../cache/sync-cache.ts";
import { WaitingCache } from "../cache/waiting-cache.ts";
import type { Definition } from "../call.ts";
import { type AsyncMiddleware, asyncLayer, type Handler, layer, type Middleware } from "../middleware.ts";
import { perStage, prepares } from "../prepare.ts";

/**
 * Answers calls with what an equal call was answered before, for a time.
 *
 * Calls with one key that come at the same time wait for one of them. Whoever is aborted leaves, and the work goes on
 * for the others, with the deadline of whoever has most time; when the last one is aborted, so is the work. Within
 * `staleWhileRevalidateMs` an answer that is no longer fresh is given all the same, while one call in the background
 * gets a new one: a span of its own, whose cost counts for the stage and the run. Errors are not kept, nor is
 * `undefined`, nor what a layer further in gave in the stage's place. Streams, and promises of a client's own class,
 * are not cached: they pass by. An answer is the same object for all, unless `clone` copies it. With a store that
 * answers by promises the layer waits; with any other a synchronous stage stays so.
 *
 * **Placement** outside of whatever an answer should be spared: `circuitBreaker`, `retry`, `timeout`; inside of what decides
 * who may ask.
 * **Emits** the event `cache.hit`; `cache.name` and `cache.result` on the span; the metrics `pipeline.cache.*`; a span and,
 * where it fails, a warning on the log for each refresh.
 * **Throws** RangeError or TypeError for options that cannot be, when it is called. A store that fails, or does not answer
 * in time, fails no call; one that is aborted while it waits for the store rejects with the reason, and nothing is called.
 *
 * @example
 * const calls: string[] = [];
 * const embed = light.stage("embed", (text: string) => calls.push(text), { use: [cache({ ttlMs: 60_000 })] });
 * embed("span"); // => 1
 * embed("span"); // => 1
 * embed("trace"); // => 2
 */
export function cache(options: CacheOptions & { readonly store: AsyncCacheStore }): AsyncMiddleware;
export function cache(options: CacheOptions & { readonly store?: SyncCacheStore }): Middleware;
export function cache(options: CacheOptions): Middleware | AsyncMiddleware {
	const settings = cacheSettings(options);
	const { name, ttlMs, lifetimeMs, maxEntries, store } = settings;
	const waits = store !== undefined && !isSyncStore(store);
	const shelfOf = shelves(settings);
	const cacheOf = perStage(
		(definition): StageCache => new (waits ? WaitingCache : SyncCache)(settings, definition, shelfOf(definition)),
	);
	const described = {
		...(name !== undefined && { name }),
		ttlMs,
		...(lifetimeMs > ttlMs && { staleWhileRevalidateMs: lifetimeMs - ttlMs }),
		...(store === undefined && { maxEntries }),
	};
	const around = (next: Handler): Handler => {
		let definition: Definition | undefined;
		let stageCache: StageCache;
		return function cache(call) {
			if (call.definition !== definition) {
				definition = call.definition;
				stageCache = cacheOf(definition);
			}
			return stageCache.call(call, next);
		};
	};
	const make = waits ? asyncLayer : layer;
	return prepares(make({ name: "cache", options: described }, around), cacheOf);
}
