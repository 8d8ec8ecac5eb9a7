import { Effect } from "effect";
import { type Graph, type Node, type RunGraph, sumOf } from "../../graph.ts";

/** One `Effect.all` for each layer, after that of the layer before: Effect has no runner of graphs. */
export default function prepare({ size, dependencies }: Graph, node: Node): RunGraph {
	const depths: number[] = [];
	const layers: number[][] = [];
	for (const [id, needed] of dependencies.entries()) {
		const depth = needed.reduce((deepest, dependency) => Math.max(deepest, (depths[dependency] as number) + 1), 0);
		depths.push(depth);
		layers[depth] ??= [];
		layers[depth].push(id);
	}
	return () => {
		const values = new Array<number>(size);
		const one = (id: number) =>
			Effect.promise(async () => {
				values[id] = await node(sumOf(dependencies[id] as readonly number[], values));
			});
		const all = Effect.gen(function* () {
			for (const layer of layers) {
				if (layer.length === 1) yield* one(layer[0] as number);
				else yield* Effect.all(layer.map(one), { concurrency: "unbounded", discard: true });
			}
			return values[size - 1] as number;
		});
		return Effect.runPromise(all);
	};
}
