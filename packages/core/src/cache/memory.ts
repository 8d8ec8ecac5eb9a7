import type { CacheEntry } from "./store.ts";

/** Why an entry was given up: its time was over, or another one needed the room. */
export type EvictionReason = "expired" | "size";

/** Entries in memory; of too many, the one unused for longest is given up. There is no timer: what is over is found when met. */
export class Memory {
	readonly #entries = new Map<string, CacheEntry>();
	readonly #maxEntries: number;
	readonly #lifetimeMs: number;

	/** @param lifetimeMs - how long an entry is of use, the time when it is stale included */
	constructor(maxEntries: number, lifetimeMs: number) {
		this.#maxEntries = maxEntries;
		this.#lifetimeMs = lifetimeMs;
	}

	get size(): number {
		return this.#entries.size;
	}

	get(key: string): CacheEntry | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined) return undefined;
		this.#entries.delete(key);
		this.#entries.set(key, entry);
		return entry;
	}

	/** Keeps an entry; tells why another had to go for it, if one had. */
	set(key: string, entry: CacheEntry): EvictionReason | undefined {
		const isNew = !this.#entries.delete(key);
		const evicted = isNew && this.#entries.size >= this.#maxEntries ? this.#evict(entry.storedMs) : undefined;
		this.#entries.set(key, entry);
		return evicted;
	}

	/** Gives up an entry that is of no more use; false where it is gone already. */
	delete(key: string): boolean {
		return this.#entries.delete(key);
	}

	#evict(nowMs: number): EvictionReason {
		const [key, { storedMs }] = this.#entries.entries().next().value as [string, CacheEntry];
		this.#entries.delete(key);
		return nowMs - storedMs >= this.#lifetimeMs ? "expired" : "size";
	}
}
