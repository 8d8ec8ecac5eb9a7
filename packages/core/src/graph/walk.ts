import type { Context, SpanContext } from "@opentelemetry/api";
import { withContext } from "../context.ts";
import { nothingSpent } from "../cost/spend.ts";
import { createCall } from "../create-call.ts";
import { InterruptedError } from "../error.ts";
import { checkTime } from "../runner/check-time.ts";
import { innerReports } from "../runner/inner-runs.ts";
import type { StageReport } from "../runner/report.ts";
import { isStream } from "../runner/stream-reader.ts";
import type { Scope } from "../scope.ts";
import { isThenable } from "../thenable.ts";
import { hear } from "../timing/hearing.ts";
import { CallWatch } from "./call-watch.ts";
import type { DefinedNode } from "./define-node.ts";
import { StepLimitError } from "./graph-error.ts";
import type { LaidNode } from "./layout.ts";
import { collected } from "./node-stream.ts";
import { nextNode } from "./route.ts";

/** What a walk needs of its graph. */
export interface WalkedGraph {
	readonly nodes: ReadonlyMap<string, DefinedNode>;
	readonly laid: ReadonlyMap<string, LaidNode>;
	readonly entry: string;
	readonly maxSteps: number;
}

/** Who accompanies a walk. */
export interface Companion {
	/** Waits until the next step is asked for. */
	hold?(signal: AbortSignal | undefined): PromiseLike<void> | undefined;
	stepped?(node: string, state: unknown, report: StageReport): void;
}

/** One way through a graph: node after node, each with the state that the one before it gave. */
export class Walk {
	/** How far the run came. */
	state: unknown;
	readonly steps: StageReport[] = [];
	readonly #graph: WalkedGraph;
	readonly #scope: Scope;
	readonly #context: Context;
	readonly #companion: Companion;
	/** Span of the step before. */
	#previous: SpanContext | undefined;

	constructor(graph: WalkedGraph, state: unknown, scope: Scope, context: Context, companion: Companion) {
		this.#graph = graph;
		this.state = state;
		this.#scope = scope;
		this.#context = context;
		this.#companion = companion;
	}

	/** Goes to the end; waits only where a node or whoever accompanies it does, so that no stack and no chain grows. */
	async go(): Promise<void> {
		hear(this.#scope.call.signal);
		let node = this.#graph.nodes.get(this.#graph.entry);
		while (node !== undefined) {
			const held = this.#companion.hold?.(this.#scope.call.signal);
			if (held !== undefined) await held;
			this.#mayEnter(node);
			const step = this.#enter(node);
			if (step !== undefined) await step;
			node = this.#next(node.laid);
		}
	}

	/** Refuses a step where the run has ended; the report shows where it would have gone on. */
	#mayEnter({ definition }: DefinedNode): void {
		const { maxSteps } = this.#graph;
		try {
			checkTime(this.#scope);
			this.#scope.call.signal?.throwIfAborted();
			if (this.steps.length >= maxSteps) {
				throw new StepLimitError(maxSteps, [...this.steps.slice(-10).map(({ name }) => name), definition.name]);
			}
		} catch (error) {
			const { name, kind } = definition;
			this.steps.push({
				...{ name, kind: kind as StageReport["kind"], outcome: "cancelled", attempts: 0, notRun: "run_ended" },
				...{ durationMs: 0, queuedMs: 0, spend: nothingSpent },
			});
			throw error;
		}
	}

	/** Runs one step; gives a promise only where there is something to wait for. */
	#enter(node: DefinedNode): Promise<void> | undefined {
		const call = createCall(node.definition, [this.state], undefined, this.#scope);
		const { scope } = call;
		const watch = new CallWatch();
		scope.reporter = watch;
		if (this.#previous !== undefined) scope.links = [this.#previous];
		watch.begin(scope);
		let given: unknown;
		try {
			given = node.enter(call, this.#context);
		} catch (error) {
			this.#failed(node, scope, watch, error);
		}
		if (isThenable(given) || isStream(given)) return this.#wait(node, scope, watch, given);
		this.#ended(node, scope, watch, given);
		return undefined;
	}

	async #wait(node: DefinedNode, scope: Scope, watch: CallWatch, given: object): Promise<void> {
		let value: unknown;
		try {
			value = await given;
			if (isStream(value)) value = await collected(value, scope);
		} catch (error) {
			this.#failed(node, scope, watch, error);
		}
		this.#ended(node, scope, watch, value);
	}

	#ended(node: DefinedNode, scope: Scope, watch: CallWatch, value: unknown): void {
		watch.returned(scope);
		const { outcome } = watch;
		// A node that was left out, or waits for somebody, leaves the state as it is.
		const isLeftOut = outcome === "skipped" || outcome === "interrupted";
		if (!isLeftOut || value !== undefined) this.state = value;
		this.#report(node, scope, watch);
		if (outcome === "interrupted") {
			throw watch.error ?? new InterruptedError(`node ${node.definition.name} waits for somebody`);
		}
	}

	#failed(node: DefinedNode, scope: Scope, watch: CallWatch, error: unknown): never {
		watch.threw(scope, error);
		this.#report(node, scope, watch);
		throw error;
	}

	#report({ definition: { name, kind } }: DefinedNode, scope: Scope, watch: CallWatch): void {
		if (scope.span !== this.#scope.span) this.#previous = scope.spanContext;
		const runs = innerReports(scope);
		const report: StageReport = {
			...{ name, kind: kind as StageReport["kind"], attempts: scope.attempts, queuedMs: 0 },
			...watch.ending,
			spend: scope.spend === undefined ? nothingSpent : { ...scope.spend },
			...(runs !== undefined && { runs }),
		};
		this.steps.push(report);
		this.#companion.stepped?.(name, this.state, report);
	}

	#next(laid: LaidNode): DefinedNode | undefined {
		if (laid.edges.length === 0) return undefined;
		const name = withContext(this.#context, (from) => nextNode(this.#graph.laid, from, this.state, this.#scope), laid);
		return name === undefined ? undefined : this.#graph.nodes.get(name);
	}
}
