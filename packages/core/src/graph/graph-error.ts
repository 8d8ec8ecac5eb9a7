import { FootlightError } from "../error.ts";

const shownSteps = 8;

/** A graph wanted to go on after as many steps as it may take. */
export class StepLimitError extends FootlightError {
	readonly maxSteps: number;
	/** The last nodes that ran, in order, and the one that would have come next. */
	readonly lastNodes: readonly string[];

	constructor(maxSteps: number, nodes: readonly string[]) {
		const lastNodes = nodes.slice(-shownSteps);
		const path = `${nodes.length > shownSteps ? "… > " : ""}${lastNodes.join(" > ")}`;
		super("step_limit", `the graph took ${maxSteps} steps and wanted to go on: ${path}; raise maxSteps if it may`);
		this.maxSteps = maxSteps;
		this.lastNodes = lastNodes;
	}
}

/** The way on from a node could not be found: a condition threw, or a function named no node of the graph. */
export class EdgeError extends FootlightError {
	/** The node that had ended. */
	readonly from: string;

	constructor(from: string, edge: string, problem: string, options?: ErrorOptions) {
		super("edge_failed", `edge ${edge}: ${problem}`, options);
		this.from = from;
	}
}
