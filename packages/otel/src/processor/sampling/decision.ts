import type { KeepReason } from "./keep-reason.ts";

/** What was decided of a trace; the same object for all that are alike. */
export type Decision =
	| { readonly isKept: true; readonly reason: KeepReason; readonly threshold: string }
	| { readonly isKept: false; readonly isEarly: boolean };

/** Remembers the latest decisions, at most so many and at least half of them: two generations, the older thrown away whole. */
export class DecisionMemory {
	readonly #mostOfGeneration: number;
	#current = new Map<string, Decision>();
	#before = new Map<string, Decision>();

	constructor(mostDecisions: number) {
		this.#mostOfGeneration = Math.max(1, Math.floor(mostDecisions / 2));
	}

	get size(): number {
		return this.#current.size + this.#before.size;
	}

	set(traceId: string, decision: Decision): void {
		if (this.#current.size >= this.#mostOfGeneration && !this.#current.has(traceId)) {
			this.#before = this.#current;
			this.#current = new Map();
		}
		this.#current.set(traceId, decision);
	}

	get(traceId: string): Decision | undefined {
		return this.#current.get(traceId) ?? this.#before.get(traceId);
	}
}
