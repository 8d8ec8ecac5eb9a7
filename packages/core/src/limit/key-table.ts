/** A key that a table holds, as {@link KeyTable.next} finds it. */
export interface HeldKey {
	keys: Map<string, number>;
	key: string;
	handle: number;
}

/** Handles of blocks by key, apart for each scope; can be walked a few keys at a time while it changes. */
export class KeyTable {
	readonly #unscoped = new Map<string, number>();
	readonly #scoped = new Map<string, Map<string, number>>();
	readonly #walk = this.#round();
	/** Keys held. */
	size = 0;

	/** The keys of a scope; undefined where it has none yet. */
	of(scope: string | undefined): Map<string, number> | undefined {
		return scope === undefined ? this.#unscoped : this.#scoped.get(scope);
	}

	add(scope: string | undefined, key: string, handle: number): void {
		let keys = this.of(scope);
		if (keys === undefined) {
			keys = new Map();
			this.#scoped.set(scope as string, keys);
		}
		keys.set(key, handle);
		this.size++;
	}

	remove(keys: Map<string, number>, key: string): void {
		if (keys.delete(key)) this.size--;
	}

	/** All tables that may hold a key. */
	*all(): Generator<Map<string, number>> {
		yield this.#unscoped;
		yield* this.#scoped.values();
	}

	/** The next key of an endless walk over all; there must be one. The object is used again by the next call. */
	next(): HeldKey {
		return this.#walk.next().value as HeldKey;
	}

	*#round(): Generator<HeldKey> {
		const held: HeldKey = { keys: this.#unscoped, key: "", handle: 0 };
		for (;;) {
			for (const keys of this.all()) {
				held.keys = keys;
				for (const [key, handle] of keys) {
					held.key = key;
					held.handle = handle;
					yield held;
				}
			}
			for (const [scope, keys] of this.#scoped) if (keys.size === 0) this.#scoped.delete(scope);
		}
	}
}
