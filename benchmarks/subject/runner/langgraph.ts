import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { type Graph, type Node, type RunGraph, sumOf } from "../../graph.ts";

const State = Annotation.Root({
	// Written in place, since a copy for each node would make it quadratic by our fault.
	values: Annotation<number[], readonly [id: number, value: number]>({
		reducer(values, [id, value]) {
			values[id] = value;
			return values;
		},
		default: () => [],
	}),
});

export default function prepare({ size, dependencies }: Graph, node: Node): RunGraph {
	const builder = new StateGraph(State) as unknown as StateGraph<(typeof State)["spec"], number[], unknown, string>;
	for (const [id, needed] of dependencies.entries()) {
		builder.addNode(`n${id}`, async ({ values }: { readonly values: readonly number[] }) => ({
			values: [id, await node(sumOf(needed, values))],
		}));
	}
	for (const [id, needed] of dependencies.entries()) {
		if (needed.length === 0) builder.addEdge(START, `n${id}`);
		else
			builder.addEdge(needed.length === 1 ? `n${needed[0]}` : needed.map((dependency) => `n${dependency}`), `n${id}`);
	}
	builder.addEdge(`n${size - 1}`, END);
	const graph = builder.compile();
	return async () => {
		const { values } = await graph.invoke({}, { recursionLimit: size + 10 });
		return values[size - 1] as number;
	};
}
