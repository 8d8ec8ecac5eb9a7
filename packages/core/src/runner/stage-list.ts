import { show } from "../option.ts";
import { findCycle } from "./plan.ts";
import type { StageNode } from "./stage-node.ts";

/** What is known of a stage before its function is. */
export interface StagePlace {
	readonly name: string;
	readonly after: readonly string[];
}

/**
 * The stages of a pipeline in the order they were added, for all pipelines that share a beginning: each sees as many as
 * it had, so that adding one costs the same however many there are. Where two go on from one beginning, the second copies.
 */
export class StageList {
	readonly nodes: StageNode[] = [];
	readonly #pipelineName: string;
	readonly #numbers: Map<string, number> = new Map();
	/** The stages that read a shared stream, by the number of the one that gives it. */
	readonly #readers: Map<number, number[]> = new Map();

	constructor(pipelineName: string) {
		this.#pipelineName = pipelineName;
	}

	/** The list to add to for a pipeline that sees so many stages of this one. */
	continued(length: number): StageList {
		if (length === this.nodes.length) return this;
		const copy = new StageList(this.#pipelineName);
		for (const node of this.nodes.slice(0, length)) copy.#append(node);
		return copy;
	}

	/** Numbers of the stages that each new one depends on; refuses what cannot be. */
	resolve(places: readonly StagePlace[]): readonly (readonly number[])[] {
		const first = this.nodes.length;
		const added = new Map<string, number>();
		for (const [index, { name }] of places.entries()) {
			if (this.#numbers.has(name) || added.has(name)) this.#refuse(`two stages are called ${name}`);
			added.set(name, first + index);
		}
		const resolved = places.map(({ name, after }) => {
			const numbers = after.map((dependency) => {
				const number = this.#numbers.get(dependency) ?? added.get(dependency);
				if (number !== undefined) return number;
				return this.#refuse(
					`${name} depends on ${show(dependency)}, and no stage is called that; ${this.#known(added, name)}`,
				);
			});
			if (new Set(numbers).size < numbers.length) {
				const twice = after.find((dependency, index) => after.indexOf(dependency) < index);
				this.#refuse(`${name} depends on ${twice} twice`);
			}
			return numbers;
		});
		this.#refuseCycle(places, resolved, first);
		return resolved;
	}

	/** Adds stages that were resolved; their functions are known now. */
	add(nodes: readonly StageNode[]): void {
		for (const node of nodes) this.#append(node);
		for (const node of nodes) this.#refuseStuckReader(node);
	}

	/** The number of a stage by its name. */
	#numberOf({ name }: StageNode): number {
		return this.#numbers.get(name) as number;
	}

	#append(node: StageNode): void {
		const number = this.nodes.length;
		this.nodes.push(node);
		this.#numbers.set(node.name, number);
		if (node.tee) this.#readers.set(number, []);
	}

	#refuseCycle(places: readonly StagePlace[], resolved: readonly (readonly number[])[], first: number): void {
		if (resolved.every((numbers, index) => numbers.every((number) => number < first + index))) return;
		const cycle = findCycle(
			resolved.map((numbers) => numbers.map((number) => number - first)),
			0,
		);
		if (cycle === undefined) return;
		this.#refuse(`stages form a cycle: ${cycle.map((number) => places[number]?.name).join(" > ")}`);
	}

	/** One that reads a shared stream only after another has read it would keep that one waiting, for ever. */
	#refuseStuckReader(node: StageNode): void {
		for (const shared of node.after) {
			const readers = this.#readers.get(shared);
			if (readers === undefined) continue;
			const number = this.#numberOf(node);
			for (const reader of readers) {
				const [late, early] = this.#waitsFor(number, reader) ? [number, reader] : [reader, number];
				if (late === reader && !this.#waitsFor(reader, number)) continue;
				const names = [late, early, shared].map((index) => this.nodes[index]?.name);
				this.#refuse(
					`${names[0]} and ${names[1]} share the stream of ${names[2]}, but ${names[0]} starts after ${names[1]} has read it`,
				);
			}
			readers.push(number);
		}
	}

	/** True for a stage that another must end before. */
	#waitsFor(late: number, early: number): boolean {
		const seen = new Set([late]);
		for (const number of seen) for (const before of this.nodes[number]?.after ?? []) seen.add(before);
		return seen.has(early);
	}

	#known(added: ReadonlyMap<string, number>, asker: string): string {
		const names = [...this.#numbers.keys(), ...added.keys()].filter((name) => name !== asker);
		if (names.length === 0) return "there are none yet";
		const shown = names.slice(0, 10).join(", ");
		return `known stages are ${shown}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`;
	}

	#refuse(problem: string): never {
		throw new RangeError(`pipeline ${this.#pipelineName}: ${problem}`);
	}
}
