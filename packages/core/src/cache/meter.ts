import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { type Outcome, outcomes } from "../outcome.ts";
import { type Cell, cellOf, onceMetered } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { countEntries, type Sized } from "./entry-count.ts";
import type { EvictionReason } from "./memory.ts";
import { type CacheResult, cacheResults } from "./words.ts";

/** What a cache counts around one stage. */
export class CacheMeter {
	readonly #requests: Readonly<Record<CacheResult, Cell>>;
	readonly #evictions: Readonly<Record<EvictionReason, Cell>> | undefined;
	readonly #refreshes: Readonly<Record<Outcome, Cell>> | undefined;

	constructor(instruments: Instruments, labels: Attributes, kept: Kept) {
		this.#requests = cells(cacheResults, (result) =>
			cellOf(instruments, "pipeline.cache.requests", { ...labels, "cache.result": result }),
		);
		if (kept.inMemory) {
			this.#evictions = cells(["expired", "size"], (reason) =>
				cellOf(instruments, "pipeline.cache.evictions", { ...labels, "cache.eviction_reason": reason }),
			);
		}
		if (kept.refreshes) {
			this.#refreshes = cells(outcomes, (outcome) =>
				cellOf(instruments, "pipeline.cache.refreshes", { ...labels, outcome }),
			);
		}
	}

	asked(result: CacheResult): void {
		this.#requests[result].value++;
	}

	evicted(reason: EvictionReason): void {
		if (this.#evictions !== undefined) this.#evictions[reason].value++;
	}

	refreshed(outcome: Outcome): void {
		if (this.#refreshes !== undefined) this.#refreshes[outcome].value++;
	}
}

/** How a cache keeps its entries. */
export interface Kept {
	readonly name: string;
	readonly store: Sized;
	readonly inMemory: boolean;
	readonly refreshes: boolean;
}

function cells<Word extends string>(words: readonly Word[], make: (word: Word) => Cell): Readonly<Record<Word, Cell>> {
	return Object.fromEntries(words.map((word) => [word, make(word)])) as Record<Word, Cell>;
}

/** Finds the meter of a stage: made when the stage is defined, or when a provider is there. */
export function cacheMeter(definition: Definition, kept: Kept): () => CacheMeter | undefined {
	return onceMetered(definition, (instruments) => {
		countEntries(instruments, kept.name, kept.store);
		return new CacheMeter(instruments, { "cache.name": kept.name }, kept);
	});
}
