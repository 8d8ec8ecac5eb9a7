import { type Graph, type Node, type RunGraph, sumOf } from "../../graph.ts";

/** What most write first: a promise for each node, waiting for those it depends on. */
export default function prepare({ size, dependencies }: Graph, node: Node): RunGraph {
	return () => {
		const promises: Promise<number>[] = [];
		const values: number[] = [];
		for (const [id, needed] of dependencies.entries()) promises.push(run(id, needed));
		return promises[size - 1] as Promise<number>;

		async function run(id: number, needed: readonly number[]): Promise<number> {
			await Promise.all(needed.map((dependency) => promises[dependency]));
			const value = await node(sumOf(needed, values));
			values[id] = value;
			return value;
		}
	};
}
