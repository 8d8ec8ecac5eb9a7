/** What a cache had for a call. */
export type CacheResult = (typeof cacheResults)[number];

export const cacheResults = ["hit", "stale", "coalesced", "miss", "bypass", "error"] as const;
