import { type Call, footlight, type Handler, type Middleware } from "@footlight/core";
import type { PolicySubject, Turn, Work } from "./policy.ts";

const light = footlight("benchmark", { use: [] });
let stages = 0;

/** Layers of Footlight around some work, as a stage composes them, with neither a stage nor a context: as rivals stand. */
export function layersAlone(...makes: readonly (() => Middleware)[]): PolicySubject["default"] {
	return (work) => {
		const use = makes.map((make) => make());
		const call = callOf(work, use);
		const handler = use.reduceRight<Handler>(
			(next, layer) => layer(next),
			({ input }) => work(input[0] as number),
		);
		return () => handler(call);
	};
}

/** A stage with layers around some work. */
export function stageWith(...makes: readonly (() => Middleware)[]): PolicySubject["default"] {
	return (work) =>
		light.stage(`stage-${stages++}`, async (value: number) => work(value), { use: makes.map((make) => make()) });
}

/** A layer that does nothing: what any layer costs. */
export const passThrough = (): Middleware => (next) => (call) => next(call);

/** The call that a stage makes. */
function callOf(work: Work, use: readonly Middleware[]): Call {
	let made: Call | undefined;
	const catching: Middleware = () => (call) => {
		made = call;
	};
	const stage: Turn = light.stage(`stage-${stages++}`, async (value: number) => work(value), {
		use: [catching, ...use],
	});
	stage(1);
	return made as Call;
}
