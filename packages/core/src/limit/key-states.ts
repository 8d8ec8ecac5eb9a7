import { BlockStore, classOf, offsetOf, pageOf } from "./block-store.ts";
import { clearLog, copyCalls, countCalls, logHeader, newestMs } from "./call-log.ts";
import { blockHeader, figuresOfWindow, type Policy } from "./policy.ts";
import type { RateLimitWindow } from "./rate-limits.ts";

/** Numbers of one window in a block. */
export function logLength(capacity: number): number {
	return logHeader + 2 * capacity;
}

/** Where a window's calls stand in a block. */
export function logAt(handle: number, index: number, capacity: number): number {
	return offsetOf(handle) + blockHeader + index * logLength(capacity);
}

/**
 * What keys have used, each in a block: `[policy, time the burst is full again, window, window ...]`. A block is as large
 * as the calls of its key need, and grows with them.
 */
export class KeyStates {
	readonly #blocks = new BlockStore();
	readonly #pages = this.#blocks.pages;
	readonly #policies: readonly Policy[];

	/** @param policies - by their numbers; may grow */
	constructor(policies: readonly Policy[]) {
		this.#policies = policies;
	}

	cells(handle: number): Float64Array {
		return this.#pages[pageOf(handle)] as Float64Array;
	}

	policy(handle: number): Policy {
		return this.#policies[this.cells(handle)[offsetOf(handle)] as number] as Policy;
	}

	/** A block of a key that has used nothing. */
	create(policy: Policy, blockClass: number = policy.smallestClass): number {
		const handle = this.#blocks.allocate(blockClass);
		const cells = this.cells(handle);
		const at = offsetOf(handle);
		const capacity = policy.capacities[blockClass] as number;
		cells[at] = policy.number;
		cells[at + 1] = Number.NEGATIVE_INFINITY;
		for (let index = 0; index < policy.windows.length; index++) clearLog(cells, logAt(handle, index, capacity));
		return handle;
	}

	release(handle: number): void {
		this.#blocks.release(handle);
	}

	/** A larger block of the same content, in place of the one given. */
	grown(handle: number): number {
		const policy = this.policy(handle);
		const larger = this.create(policy, classOf(handle) + 1);
		this.cells(larger)[offsetOf(larger) + 1] = this.cells(handle)[offsetOf(handle) + 1] as number;
		for (let index = 0; index < policy.windows.length; index++) this.#copyLog(handle, index, larger, index);
		this.release(handle);
		return larger;
	}

	/**
	 * A block that counts by another policy what was used under the former one, in place of that. A window takes over the
	 * calls of the shortest former one that is at least as long, and where there is none, of the longest.
	 */
	converted(handle: number, policy: Policy, nowMs: number): number {
		const former = this.policy(handle);
		const largest = Math.max(classOf(handle), policy.smallestClass);
		let converted = this.create(policy, largest);
		const fullMs = this.cells(handle)[offsetOf(handle) + 1] as number;
		this.cells(converted)[offsetOf(converted) + 1] = Math.min(fullMs, nowMs + policy.burstSize * policy.refillMs);
		for (const [index, window] of policy.windows.entries()) {
			const source = sourceOf(window, former.windows);
			if (source < 0) continue;
			const { cells, at, capacity } = this.#log(handle, source);
			// What one would have ceased to count must not come back in the other.
			countCalls(cells, at, capacity, (former.windows[source] as RateLimitWindow).windowMs, nowMs);
			while (!this.#copyLog(handle, source, converted, index, policy.figures[index * figuresOfWindow + 2]))
				converted = this.grown(converted);
		}
		this.release(handle);
		return converted;
	}

	/** When the key will have used nothing. */
	idleMs(handle: number): number {
		const cells = this.cells(handle);
		const { windows, capacities } = this.policy(handle);
		const capacity = capacities[classOf(handle)] as number;
		let idleMs = cells[offsetOf(handle) + 1] as number;
		for (let index = 0; index < windows.length; index++) {
			const lastMs = newestMs(cells, logAt(handle, index, capacity));
			if (lastMs !== undefined) idleMs = Math.max(idleMs, lastMs + (windows[index] as RateLimitWindow).windowMs);
		}
		return idleMs;
	}

	#copyLog(from: number, fromIndex: number, to: number, toIndex: number, stepsPerMs = 0): boolean {
		return copyCalls(this.#log(from, fromIndex), this.#log(to, toIndex), stepsPerMs);
	}

	#log(handle: number, index: number): { cells: Float64Array; at: number; capacity: number } {
		const capacity = this.policy(handle).capacities[classOf(handle)] as number;
		return { cells: this.cells(handle), at: logAt(handle, index, capacity), capacity };
	}
}

function sourceOf(window: RateLimitWindow, former: readonly RateLimitWindow[]): number {
	let source = -1;
	for (const [index, { windowMs }] of former.entries()) {
		const chosenMs = former[source]?.windowMs;
		const isBetter =
			chosenMs === undefined ||
			(windowMs >= window.windowMs ? chosenMs < window.windowMs || windowMs < chosenMs : windowMs > chosenMs);
		if (isBetter) source = index;
	}
	return source;
}
