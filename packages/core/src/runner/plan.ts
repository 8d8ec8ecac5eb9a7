import type { StageNode } from "./stage-node.ts";

/** The edges of a pipeline in flat arrays: those of stage `i` stand from `offsets[i]` up to `offsets[i + 1]`. */
export interface Edges {
	readonly offsets: Int32Array;
	readonly targets: Int32Array;
}

/** What a run of a pipeline needs to know of its shape, computed once. */
export interface Plan {
	readonly nodes: readonly StageNode[];
	readonly dependencies: Edges;
	readonly dependents: Edges;
	/** How many stages each stage waits for. */
	readonly waitsFor: readonly number[];
	/** The stages that wait for none. */
	readonly roots: readonly number[];
	/** How many stages wait for one. */
	dependentCount(number: number): number;
}

export function planOf(nodes: readonly StageNode[]): Plan {
	const count = nodes.length;
	const waitsFor = nodes.map(({ after }) => after.length);
	const offsets = new Int32Array(count + 1);
	const dependentOffsets = new Int32Array(count + 1);
	for (const [index, { after }] of nodes.entries()) {
		offsets[index + 1] = (offsets[index] as number) + after.length;
		for (const dependency of after) {
			dependentOffsets[dependency + 1] = (dependentOffsets[dependency + 1] as number) + 1;
		}
	}
	for (let index = 0; index < count; index++) {
		dependentOffsets[index + 1] = (dependentOffsets[index + 1] as number) + (dependentOffsets[index] as number);
	}
	const targets = new Int32Array(offsets[count] as number);
	const dependentTargets = new Int32Array(targets.length);
	const filled = dependentOffsets.slice();
	let next = 0;
	for (const [index, { after }] of nodes.entries()) {
		for (const dependency of after) {
			targets[next++] = dependency;
			const place = filled[dependency] as number;
			dependentTargets[place] = index;
			filled[dependency] = place + 1;
		}
	}
	return {
		nodes,
		dependentCount: (number) => (dependentOffsets[number + 1] as number) - (dependentOffsets[number] as number),
		dependencies: { offsets, targets },
		dependents: { offsets: dependentOffsets, targets: dependentTargets },
		waitsFor,
		roots: [...nodes.keys()].filter((index) => waitsFor[index] === 0),
	};
}

/** A cycle among stages, as a path that ends where it begins; undefined where there is none. */
export function findCycle(afterOf: readonly (readonly number[])[], first: number): readonly number[] | undefined {
	// What all of a stage's dependencies have been taken away from is in no cycle; what is left over leads into one.
	const left = new Map<number, number>();
	const dependents = new Map<number, number[]>();
	for (let index = first; index < afterOf.length; index++) {
		const inside = (afterOf[index] as readonly number[]).filter((dependency) => dependency >= first);
		left.set(index, inside.length);
		for (const dependency of inside) {
			const known = dependents.get(dependency);
			if (known === undefined) dependents.set(dependency, [index]);
			else known.push(index);
		}
	}
	const free = [...left.keys()].filter((index) => left.get(index) === 0);
	for (let index = free.pop(); index !== undefined; index = free.pop()) {
		left.delete(index);
		for (const dependent of dependents.get(index) ?? []) {
			const waits = (left.get(dependent) as number) - 1;
			left.set(dependent, waits);
			if (waits === 0) free.push(dependent);
		}
	}
	const [start] = left.keys();
	if (start === undefined) return undefined;
	const path: number[] = [];
	const seen = new Map<number, number>();
	let index = start;
	while (!seen.has(index)) {
		seen.set(index, path.length);
		path.push(index);
		index = (afterOf[index] as readonly number[]).find((dependency) => left.has(dependency)) as number;
	}
	// Walked from stage to dependency; shown in the direction that outputs would go.
	return [...path.slice(seen.get(index)), index].reverse();
}
