import type { GraphReport, GraphResult } from "./graph.ts";

const completedPrototype = {
	outputOrThrow(this: { readonly output: unknown }): unknown {
		return this.output;
	},
};

const stoppedPrototype = {
	outputOrThrow(this: { readonly error: unknown }): never {
		throw this.error;
	},
};

/** Makes the result of a run, unchangeable. */
export function graphResult(
	report: GraphReport,
	state: unknown,
	failure: { readonly error: unknown } | undefined,
): GraphResult<unknown, unknown> {
	const { outcome } = report;
	if (outcome === "ok") {
		return Object.freeze(Object.assign(Object.create(completedPrototype), { outcome, output: state, report }));
	}
	const error =
		failure === undefined ? new Error(`graph ${report.pipeline} has no output: its run was ${outcome}`) : failure.error;
	return Object.freeze(Object.assign(Object.create(stoppedPrototype), { outcome, error, state, report }));
}
