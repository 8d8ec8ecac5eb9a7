import { type FootlightOptions, footlight, type StageDefinition } from "@footlight/core";
import type { Prepare } from "./graph.ts";

/** Footlight's pipeline of a graph. */
export function pipelineOf(options: FootlightOptions): Prepare {
	return ({ dependencies, size }, node) => {
		const stages = dependencies.map((needed, id): StageDefinition => {
			const after = needed.map((dependency) => `n${dependency}`);
			const run = (inputs: Readonly<Record<string, number>>) => {
				let sum = 0;
				for (const name of after) sum += inputs[name] as number;
				return node(sum);
			};
			return { name: `n${id}`, after, run };
		});
		const pipeline = footlight("benchmark", options).pipeline().stages(stages);
		const last = `n${size - 1}`;
		return async () => (await pipeline.run()).outputsOrThrow()[last] as number;
	};
}
