import type { BacklogEntry } from "./backlog.ts";

/** How much of an array may be behind its head before it is moved together. */
const mostBehind = 1_024;

/** Entries in order of acceptance, taken from the front. */
export class EntryDeque<Item> {
	readonly #entries: (BacklogEntry<Item> | undefined)[] = [];
	#head = 0;

	get first(): BacklogEntry<Item> | undefined {
		return this.#entries[this.#head];
	}

	push(entry: BacklogEntry<Item>): void {
		this.#entries.push(entry);
	}

	shift(): BacklogEntry<Item> | undefined {
		const entries = this.#entries;
		const entry = entries[this.#head];
		if (entry === undefined) return undefined;
		// What was taken must not be kept alive.
		entries[this.#head++] = undefined;
		if (this.#head === entries.length) {
			entries.length = 0;
			this.#head = 0;
		} else if (this.#head >= mostBehind && this.#head * 2 >= entries.length) {
			entries.splice(0, this.#head);
			this.#head = 0;
		}
		return entry;
	}
}
