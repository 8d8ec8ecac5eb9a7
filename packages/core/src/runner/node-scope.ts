import type { Call, CallKind, Definition } from "../call.ts";
import { CallValues } from "../call.ts";
import type { Clock } from "../clock.ts";
import type { CorrelationIds } from "../correlation.ts";
import { emit } from "../create-call.ts";
import type { Observation } from "../observation.ts";
import type { Outcome } from "../outcome.ts";
import { type Reporter, Scope } from "../scope.ts";
import type { Execution } from "./execution.ts";
import type { MapRun } from "./map-run.ts";
import type { PipelineCurrent } from "./runnable-pipeline.ts";
import type { StageNode } from "./stage-node.ts";
import type { StreamReader } from "./stream-reader.ts";

/** One call of a stage in a run of a pipeline: what its function gets as `ctx`, and what the run knows of it. */
export class NodeScope extends Scope implements PipelineCurrent, Reporter {
	readonly execution: Execution;
	readonly node: StageNode;
	/** The stage's number in the pipeline. */
	readonly number: number;
	/** Set on a call for one item of many. */
	readonly map: MapRun | undefined;
	readonly index: number | undefined;
	/** The argument of the stage's function, until it was called. */
	given: unknown;
	/** True once the call counts as ended for the run; what its function still does is not heard. */
	over = false;
	/** Where it stands among the calls that go on; -1 for one that does not. */
	place = -1;
	startMs = 0;
	/** When the call ended, where layers observe it. */
	declare endMs: number | undefined;
	/** How the call ended, where layers observe it. */
	declare ending: Outcome | undefined;
	declare endingError: unknown;
	declare observation: Observation | undefined;
	/** The stream that the run reads from the stage, and what it has read. */
	declare reader: StreamReader | undefined;
	declare items: unknown[] | undefined;
	/** True while the run waits for an item. */
	declare isPulling: boolean | undefined;

	constructor(execution: Execution, number: number, map: MapRun | undefined, index: number | undefined) {
		super(execution.scope, execution.scope.run);
		this.execution = execution;
		this.node = execution.plan.nodes[number] as StageNode;
		this.number = number;
		this.map = map;
		this.index = index;
	}

	get input(): unknown {
		return this.execution.input;
	}

	override get isReported(): boolean {
		return true;
	}

	protected override makeCall(): Call {
		return new QuietCall(this);
	}

	began(observation: Observation): void {
		this.observation = observation;
		// The clock is read when it is first asked.
		if (this.startMs === 0) this.startMs = observation.startMs;
	}

	ended(observation: Observation): void {
		this.endMs = observation.endMs;
		this.ending = observation.outcome;
		this.endingError = observation.error;
		this.observation = undefined;
		this.execution.streams?.callEnded(this);
	}
}

/** What a function may ask of the scope it is given, also where a layer has put an attempt's scope in between. */
export function currentOf(of: Scope): PipelineCurrent {
	const scope = of as Scope & { input: unknown; index: number | undefined };
	const own = ownerOf(scope);
	if (scope !== own) {
		scope.input = own.input;
		scope.index = own.index;
	}
	return scope;
}

/** The scope of the whole call that a scope belongs to. */
export function ownerOf(scope: Scope): NodeScope {
	let owner = scope.attemptOf ?? scope;
	// A call in the background has a scope of its own, below that of the call it is made for.
	while (!(owner instanceof NodeScope) && owner.parent !== undefined) owner = owner.parent;
	return owner as NodeScope;
}

const noInput: readonly unknown[] = Object.freeze([]);

/**
 * The call of a stage that no layer sees: all of it stands elsewhere already, and its signal is made when somebody asks.
 */
class QuietCall implements Call {
	readonly scope: NodeScope;

	constructor(scope: NodeScope) {
		this.scope = scope;
	}

	get definition(): Definition {
		return this.scope.node.definition;
	}

	get kind(): CallKind {
		return this.definition.kind;
	}

	get name(): string {
		return this.definition.name;
	}

	get input(): readonly unknown[] {
		return noInput;
	}

	get receiver(): undefined {
		return undefined;
	}

	get signal(): AbortSignal {
		return this.scope.execution.end.signal;
	}

	get deadlineMs(): number | undefined {
		return this.scope.execution.scope.call.deadlineMs;
	}

	get attempt(): number {
		return 1;
	}

	get ids(): CorrelationIds {
		return this.scope.execution.scope.ids;
	}

	get clock(): Clock {
		return this.definition.pipeline.clock;
	}

	get values(): CallValues {
		return CallValues.none;
	}

	get emit(): Call["emit"] {
		return emit;
	}
}
