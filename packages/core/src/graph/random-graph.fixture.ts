import fc from "fast-check";

/** What a node does when it is called; of several, one after the other, and again from the first. */
export interface Act {
	readonly kind: "give" | "throw" | "never" | "abort";
	/** Even, so that it never ends together with an abort; undefined for a node that answers at once. */
	readonly delayMs: number | undefined;
	readonly heedsSignal: boolean;
	/** Money that the call spends before it does anything else. */
	readonly costUsd: number;
}

/** How an edge answers at each step of the run, counted from 0; of several, one after the other, and again. */
export type Gate = readonly ("open" | "shut" | "throw")[] | undefined;

export interface RandomNode {
	readonly name: string;
	readonly acts: readonly Act[];
	readonly maxAttempts: number;
	readonly hasFallback: boolean;
	/** Does its work in a graph of its own, of one node. */
	readonly isNested: boolean;
	readonly edges: readonly { readonly to: string; readonly gate: Gate; readonly isChosen: boolean }[];
}

/** A graph with everything that will happen in one run of it. */
export interface RandomGraph {
	readonly nodes: readonly RandomNode[];
	readonly maxSteps: number;
	/** Odd; -1 for a signal that was aborted before. */
	readonly abortAtMs: number | undefined;
	readonly timeoutMs: number | undefined;
	readonly isStreamed: boolean;
}

/** What a graph is made from: small numbers, so that a failing case shrinks. */
export interface Shape {
	readonly seed: number;
	readonly size: number;
	readonly maxSteps: number;
	/** How many of a hundred calls fail. */
	readonly faults: number;
	readonly ending: "none" | "abort" | "aborted" | "timeout";
	readonly endsAtMs: number;
	readonly isStreamed: boolean;
}

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function randomGraph({ seed, size, maxSteps, faults, ending, endsAtMs, isStreamed }: Shape): RandomGraph {
	const random = randomNumbers(seed);
	const below = (count: number) => Math.floor(random() * count);
	const chance = (percent: number) => random() * 100 < percent;
	const name = (index: number) => `n${index}`;
	const endsEarly = ending !== "none";

	function act(): Act {
		const isFault = chance(faults);
		const isSync = chance(60);
		const kind = isFault
			? "throw"
			: endsEarly && chance(3)
				? "never"
				: ending === "abort" && chance(3)
					? "abort"
					: "give";
		return {
			kind,
			delayMs: isSync ? undefined : 2 * below(6),
			heedsSignal: chance(50),
			costUsd: chance(20) ? 2 ** -below(4) : 0,
		};
	}

	function gate(): Gate {
		return Array.from({ length: 1 + below(4) }, () => (chance(1) ? "throw" : chance(55) ? "open" : "shut"));
	}

	const nodes = Array.from({ length: size }, (_, index): RandomNode => {
		const targets = Array.from({ length: below(3) }, () => below(size));
		const conditional = targets.map((target) => ({ to: name(target), gate: gate(), isChosen: chance(25) }));
		// Every node is led to from the one before; some of the ways are always open.
		const onward = index + 1 < size ? [index + 1] : chance(70) ? [below(size)] : [];
		const last = onward.map((target) => ({ to: name(target), gate: chance(70) ? undefined : gate(), isChosen: false }));
		return {
			name: name(index),
			acts: Array.from({ length: 1 + below(3) }, act),
			maxAttempts: chance(25) ? 1 + below(3) : 1,
			hasFallback: chance(15),
			// Metrics have series for 240 names, and each of these takes two.
			isNested: chance(15) && index < 36,
			edges: [...conditional, ...last],
		};
	});
	return {
		nodes,
		maxSteps,
		abortAtMs: ending === "abort" ? 2 * endsAtMs + 1 : ending === "aborted" ? -1 : undefined,
		timeoutMs: ending === "timeout" ? 2 * endsAtMs + 1 : undefined,
		isStreamed,
	};
}

/** Shapes of graphs, most of them small. */
export const shapes: fc.Arbitrary<Shape> = fc.record({
	seed: fc.integer(),
	size: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.integer({ min: 1, max: 200 })),
	maxSteps: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 60 }) }, fc.integer({ min: 1, max: 300 })),
	faults: fc.constantFrom(0, 2, 10),
	ending: fc.constantFrom("none", "none", "abort", "aborted", "timeout"),
	endsAtMs: fc.integer({ min: 0, max: 60 }),
	isStreamed: fc.boolean(),
});
