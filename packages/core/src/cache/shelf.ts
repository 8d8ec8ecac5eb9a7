import type { Definition } from "../call.ts";
import type { Flight } from "./flight.ts";
import { keyPrefix } from "./key.ts";
import { Memory } from "./memory.ts";
import type { CacheSettings } from "./settings.ts";
import type { AsyncCacheStore, CacheEntry, SyncCacheStore } from "./store.ts";

/** Where the answers of one stage are, or of all stages that share a name. */
export interface Shelf {
	/** What stands before each key in a store of the user's. */
	readonly prefix: string;
	/** As spans and metrics call it. */
	readonly name: string;
	readonly store: Memory | SyncCacheStore | AsyncCacheStore;
	/** Calls that are under way, by key. */
	readonly flights: Map<string, Flight>;
	/** Entries that a store has yet to take, by key. */
	readonly writing: Map<string, CacheEntry>;
}

/** Finds the shelf of a stage. */
export function shelves({ name, store, maxEntries, lifetimeMs }: CacheSettings): (definition: Definition) => Shelf {
	const make = (definition: Definition): Shelf => ({
		prefix: keyPrefix(definition, name),
		name: name ?? `${definition.pipeline.name}.${definition.name}`,
		store: store ?? new Memory(maxEntries, lifetimeMs),
		flights: new Map(),
		writing: new Map(),
	});
	if (name === undefined && store === undefined) return make;
	// By name, as the store has them: stages that share entries share what is under way as well.
	const made = new Map<string, WeakRef<Shelf>>();
	let shared: Shelf | undefined;
	return (definition) => {
		if (name !== undefined) {
			shared ??= make(definition);
			return shared;
		}
		const prefix = keyPrefix(definition, name);
		const known = made.get(prefix)?.deref();
		if (known !== undefined) return known;
		const shelf = make(definition);
		made.set(prefix, new WeakRef(shelf));
		return shelf;
	};
}
