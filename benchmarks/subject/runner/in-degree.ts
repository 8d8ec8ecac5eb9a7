import type { Graph, Node, RunGraph } from "../../graph.ts";

/** The floor: who depends on whom in flat arrays, and a node is started by the last that it waits for. */
export default function prepare({ size, dependencies }: Graph, node: Node): RunGraph {
	const inDegrees = Int32Array.from(dependencies, ({ length }) => length);
	const edges = inDegrees.reduce((sum, degree) => sum + degree, 0);
	const firstNeeded = new Int32Array(size + 1);
	const firstDependent = new Int32Array(size + 1);
	const needed = new Int32Array(edges);
	const dependents = new Int32Array(edges);
	for (const [id, of] of dependencies.entries()) {
		needed.set(of, firstNeeded[id]);
		firstNeeded[id + 1] = (firstNeeded[id] as number) + of.length;
		for (const dependency of of) (firstDependent[dependency + 1] as number)++;
	}
	for (let id = 0; id < size; id++) (firstDependent[id + 1] as number) += firstDependent[id] as number;
	const next = firstDependent.slice();
	for (const [id, of] of dependencies.entries()) {
		for (const dependency of of) dependents[(next[dependency] as number)++] = id;
	}

	return () =>
		new Promise((resolve, reject) => {
			const waitsFor = inDegrees.slice();
			const values = new Array<number>(size);
			const ready: number[] = [];
			let left = size;
			for (let id = 0; id < size; id++) if (waitsFor[id] === 0) ready.push(id);
			drain();

			function drain(): void {
				for (let id = ready.pop(); id !== undefined; id = ready.pop()) start(id);
			}

			function start(id: number): void {
				let sum = 0;
				const end = firstNeeded[id + 1] as number;
				for (let edge = firstNeeded[id] as number; edge < end; edge++) sum += values[needed[edge] as number] as number;
				const given = node(sum);
				if (typeof given === "number") finish(id, given);
				else
					given.then((value) => {
						finish(id, value);
						drain();
					}, reject);
			}

			function finish(id: number, value: number): void {
				values[id] = value;
				const end = firstDependent[id + 1] as number;
				for (let edge = firstDependent[id] as number; edge < end; edge++) {
					const dependent = dependents[edge] as number;
					if (--(waitsFor[dependent] as number) === 0) ready.push(dependent);
				}
				if (--left === 0) resolve(values[size - 1] as number);
			}
		});
}
