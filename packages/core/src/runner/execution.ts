// Over 250 lines: one run is one state machine, and each of its transitions looks at the same few counters.
import type { Context } from "@opentelemetry/api";
import { type Clock, readNow } from "../clock.ts";
import { activeContext, scopeOf, withContext } from "../context.ts";
import { waste } from "../cost/charge.ts";
import { CancelledError } from "../error.ts";
import type { Observation } from "../observation.ts";
import { show } from "../option.ts";
import { classify, isFailure, type Outcome } from "../outcome.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Reporter, Scope } from "../scope.ts";
import { Calls } from "./calls.ts";
import { Ledger, newNamed, progress } from "./ledger.ts";
import type { MapRun } from "./map-run.ts";
import { Maps } from "./maps.ts";
import { NodeScope } from "./node-scope.ts";
import type { RunnerSettings } from "./options.ts";
import type { Plan } from "./plan.ts";
import { type PipelineResult, pipelineResult } from "./result.ts";
import { RunEnd } from "./run-end.ts";
import { RunReport } from "./run-report.ts";
import type { StageNode } from "./stage-node.ts";
import { isStream } from "./stream-reader.ts";
import { Streams } from "./streams.ts";

/** A call that waits for a free place. */
export interface Waiting {
	readonly number: number;
	/** Of a call for one item of many. */
	readonly map: MapRun | undefined;
	readonly index: number | undefined;
	readonly item: unknown;
	readonly sinceMs: number;
}

/** What one run is given beside the pipeline's own settings. */
export interface ExecutionOptions {
	readonly timeoutMs: number | undefined;
	readonly cancelGraceMs: number;
	/** Names of the stages that this run stands in, outermost first. */
	readonly path: readonly string[];
	/** Takes the stream at the end of the pipeline, item by item; without it, the stream is collected. */
	readonly consumer: ((scope: NodeScope) => void) | undefined;
}

/**
 * One run of a pipeline: starts a stage when the last one it waits for is done, and keeps account of all of them.
 *
 * A stage is a number, and what is known of it stands in arrays under that number: one that waits costs nothing. What
 * follows a stage that gives a plain value is started in the same turn, by a loop and not by recursion.
 */
export class Execution implements Reporter {
	/** Of the pipeline, as errors give it. */
	readonly name: string;
	readonly plan: Plan;
	readonly input: unknown;
	readonly path: readonly string[];
	readonly cancelGraceMs: number;
	/** How many calls may go on at the same time. */
	readonly concurrency: number;
	readonly ledger: Ledger;
	/** True once the run has begun; until then it was refused. */
	hasBegun = false;
	/** The run's own. */
	scope!: Scope;
	context!: Context;
	/** The last reading of the clock; between two stages that give plain values there is one. */
	nowMs = 0;
	isFinished = false;
	readonly end: RunEnd;
	/** Made when a stage gives a stream. */
	streams: Streams | undefined;
	readonly #pipeline: Pipeline;
	readonly #clock: Clock;
	readonly #settings: RunnerSettings;
	readonly #consumer: ExecutionOptions["consumer"];
	#calls!: Calls;
	#maps: Maps | undefined;
	#startMs = 0;
	#endMs = 0;
	#ending: Outcome | undefined;

	/** Of how many stages each one waits for the output. */
	readonly #waitsFor: number[];
	/** Numbers of the stages that wait for none any more, as they came. */
	readonly #ready: number[];
	#readyHead = 0;
	#waiting: Waiting[] = [];
	#waitingHead = 0;
	#running = 0;
	/** How many readers of a shared stream wait for a slower one: so many calls more may go on, or that one might never. */
	#lent = 0;
	/** Stages whose output is still to come. */
	#left: number;
	#isDraining = false;
	/** Stages that depend on a failed one, in mode `continue`. */
	#doomed: Uint8Array | undefined;
	/** Calls that go on beyond the turn they were started in; each knows its place, so that it can be taken out. */
	readonly #active: NodeScope[] = [];
	#settle: (() => void) | undefined;

	constructor(pipeline: Pipeline, plan: Plan, settings: RunnerSettings, input: unknown, options: ExecutionOptions) {
		this.name = pipeline.name;
		this.#pipeline = pipeline;
		this.#clock = pipeline.clock;
		this.plan = plan;
		this.#settings = settings;
		this.input = input;
		this.concurrency = settings.concurrency;
		this.path = options.path;
		this.cancelGraceMs = options.cancelGraceMs;
		this.end = new RunEnd(this, pipeline.clock, options.timeoutMs);
		this.#consumer = options.consumer;
		this.ledger = new Ledger(plan);
		this.#left = plan.nodes.length;
		this.#waitsFor = plan.waitsFor.slice();
		this.#ready = plan.roots.slice();
	}

	/** Begins, within the run's own call; settles when all stages have, and fails with what the run fails with. */
	start(): Promise<void> | undefined {
		this.hasBegun = true;
		this.context = activeContext();
		this.scope = scopeOf(this.context) as Scope;
		this.#calls = new Calls(this, this.#pipeline.listening);
		this.readClock();
		if (this.#startMs === 0) this.#startMs = this.nowMs;
		this.end.begin();
		this.drain();
		const { end } = this;
		if (!this.isFinished) {
			end.wait();
			return new Promise((resolve, reject) => {
				this.#settle = () => (end.failure === undefined ? resolve() : reject(end.failure.error));
			});
		}
		if (end.failure !== undefined) throw end.failure.error;
		return undefined;
	}

	began(observation: Observation): void {
		// The clock is read when it is first asked.
		void observation.startMs;
	}

	ended(observation: Observation): void {
		this.#startMs = observation.startMs;
		this.#endMs = observation.endMs;
		this.#ending = observation.outcome;
	}

	/** What the run has come to, once its own call has ended. */
	result(): PipelineResult<Record<string, unknown>> {
		const { scope } = this;
		const { failure } = this.end;
		const outcome = this.#ending ?? (failure === undefined ? "ok" : classify(failure.error, scope.call.signal));
		if (this.#endMs === 0) this.#endMs = readNow(this.#clock);
		const { ledger } = this;
		const parts = { outcome, startMs: this.#startMs, endMs: this.#endMs, failure, stages: ledger.reports };
		const report = new RunReport(this.name, scope, parts);
		return pipelineResult(report, ledger.namedOutputs(failure === undefined), failure);
	}

	/** True for a call whose stream more than one stage would read, though nobody said that they may. */
	isShared({ map, node, number }: NodeScope): boolean {
		return map === undefined && !node.tee && this.plan.dependentCount(number) > 1;
	}

	/** Ends the run because the reader of its stream has left. */
	leave(): void {
		if (this.isFinished) return;
		const error = new CancelledError(this.name);
		this.end.stop(error, error);
		this.advance();
	}

	// Scheduling

	/** Goes on after something has happened. */
	advance(): void {
		if (this.#isDraining || this.isFinished) return;
		this.readClock();
		// What comes after is not the run's: it is to find the context that it left.
		withContext(this.context, drain, this);
	}

	/**
	 * Starts all that can be started; where nothing is left, the run is over. Leaves whatever context is active: only for
	 * code that nothing comes after.
	 */
	drain(): void {
		if (this.#isDraining || this.isFinished) return;
		this.#isDraining = true;
		this.#calls.turnBegins();
		this.#startMore();
		this.#isDraining = false;
		if (this.end.hasStopped ? this.#running === 0 : this.#left === 0) this.#finish();
	}

	#startMore(): void {
		const limit = this.concurrency;
		const { end } = this;
		while (!end.hasStopped) {
			if (this.nowMs >= end.deadlineMs && this.#left > 0) end.expire();
			else if (this.#readyHead < this.#ready.length) this.#consider(this.#ready[this.#readyHead++] as number);
			else if (this.#waitingHead < this.#waiting.length && this.#running - this.#lent < limit) this.#admit();
			else break;
		}
	}

	readClock(): void {
		this.nowMs = readNow(this.#clock);
	}

	queue(waiting: Waiting): void {
		this.#waiting.push(waiting);
	}

	/** Lets one call more go on, as long as one waits for another that might not have started. */
	lend(change: 1 | -1): void {
		this.#lent += change;
		if (change > 0) this.advance();
	}

	/** Starts the call that has waited longest. */
	#admit(): void {
		const { number, map, index, item, sinceMs } = this.#waiting[this.#waitingHead++] as Waiting;
		if (this.#waitingHead > 1_024 && this.#waitingHead * 2 > this.#waiting.length) {
			this.#waiting = this.#waiting.slice(this.#waitingHead);
			this.#waitingHead = 0;
		}
		const scope = new NodeScope(this, number, map, index);
		scope.given = map === undefined ? this.#inputsOf(number) : item;
		const isLimited = this.concurrency !== Infinity || scope.node.itemConcurrency !== Infinity;
		if (isLimited) scope.queuedMs = Math.max(0, this.nowMs - sinceMs);
		this.#launch(scope);
	}

	/** Decides on a stage that waits for none any more: left out, put in the queue, or started. */
	#consider(number: number): void {
		const node = this.plan.nodes[number] as StageNode;
		if (this.#doomed?.[number] === 1) {
			this.#doomDependents(number);
			this.#skip(number, "dependency_failed");
		} else if (node.when !== undefined && !this.#holds(node, number)) {
			// It is settled there.
		} else if (node.items !== undefined) {
			this.#begin(node, number);
		} else if (this.concurrency !== Infinity) {
			const sinceMs = this.nowMs;
			this.#waiting.push({ number, map: undefined, index: undefined, item: undefined, sinceMs });
		} else {
			const scope = new NodeScope(this, number, undefined, undefined);
			scope.given = this.#inputsOf(number);
			this.#launch(scope);
		}
	}

	/** Asks a stage's condition; where it does not hold, or cannot be asked, the stage is done with. */
	#holds(node: StageNode, number: number): boolean {
		try {
			const holds = withContext(this.context, node.when as (inputs: unknown) => unknown, this.#inputsOf(number));
			this.readClock();
			if (holds === true) return true;
			if (holds !== false) {
				throw new TypeError(
					`pipeline ${this.name}: when of ${node.name} must return true or false, got ${show(holds)}`,
				);
			}
			this.#skip(number, "condition");
		} catch (error) {
			this.refuse(number, error);
		}
		return false;
	}

	#begin(node: StageNode, number: number): void {
		this.#maps ??= new Maps(this);
		try {
			this.#maps.begin(node, number, this.#inputsOf(number));
		} catch (error) {
			this.refuse(number, error);
		}
	}

	/** The inputs of a stage: the pipeline's own, or the outputs of those it depends on, in an object of its own. */
	#inputsOf(number: number): unknown {
		const { nodes, dependencies } = this.plan;
		const { offsets, targets } = dependencies;
		const end = offsets[number + 1] as number;
		let edge = offsets[number] as number;
		if (edge === end) return this.input;
		const { streams } = this;
		const inputs = newNamed(nodes.length);
		for (; edge < end; edge++) {
			const dependency = targets[edge] as number;
			inputs[(nodes[dependency] as StageNode).name] =
				streams === undefined ? this.ledger.outputs[dependency] : streams.of(dependency, number);
		}
		return inputs;
	}

	// Calls

	#launch(scope: NodeScope): void {
		this.#running++;
		this.#calls.launch(scope);
	}

	/** Fails a stage, or an item of it, before its function could be called. */
	refuse(number: number, error: unknown, map?: MapRun, index?: number): void {
		this.#running++;
		this.#calls.refuse(new NodeScope(this, number, map, index), error);
	}

	/** A call goes on beyond the turn it was started in. */
	goesOn(scope: NodeScope): void {
		if (scope.place !== -1) return;
		scope.place = this.#active.length;
		this.#active.push(scope);
	}

	arrived(scope: NodeScope, value: unknown): void {
		if (!isStream(value)) {
			this.succeeded(scope, value);
			return;
		}
		this.streams ??= new Streams(this, this.#consumer);
		this.streams.arrived(scope, value);
	}

	succeeded(scope: NodeScope, value: unknown): void {
		this.#giveBack(scope);
		this.callOver(scope, scope.ending ?? scope.outcome ?? "ok", scope.endingError ?? scope.outcomeError);
		if (scope.map === undefined) this.deliver(scope.number, value);
		else this.#maps?.succeeded(scope.map, scope, value);
	}

	failed(scope: NodeScope, error: unknown): void {
		if (scope.over) return;
		const outcome = scope.ending ?? classify(error, this.end.hasStopped ? this.end.signal : undefined);
		if (scope.ending === undefined && isFailure(outcome)) waste(scope);
		this.#giveBack(scope);
		this.callOver(scope, outcome, error);
		const { map, items } = scope;
		if (map === undefined) {
			this.fail(scope.number, error, items);
			return;
		}
		if (this.#settings.mode === "fail-fast") this.end.stop(error);
		this.#maps?.failed(map, { outcome, error });
	}

	/** A call gives a stream to other stages: they can start, and it needs no place any more. */
	handedOn(scope: NodeScope): void {
		this.#giveBack(scope);
		this.#left--;
		this.#release(scope.number);
	}

	/** The run has no more to do with a call. */
	callOver(scope: NodeScope, outcome: Outcome, error: unknown): void {
		scope.over = true;
		if (scope.reporter === undefined) scope.open = false;
		else if (scope.span !== undefined && this.plan.dependentCount(scope.number) > 0) this.ledger.keepSpan(scope);
		this.ledger.note(scope, scope.endMs ?? this.nowMs, outcome, error);
		if (scope.map === undefined) this.streams?.leave(scope.number);
	}

	/** A call's place is free. */
	#giveBack(scope: NodeScope): void {
		this.#running--;
		if (scope.place === -1) return;
		const last = this.#active.pop() as NodeScope;
		if (last !== scope) {
			this.#active[scope.place] = last;
			last.place = scope.place;
		}
		scope.place = -1;
	}

	// Ends of stages

	deliver(number: number, output: unknown): void {
		this.ledger.outputs[number] = output;
		this.ledger.progress[number] = progress.done;
		this.#left--;
		this.#release(number);
	}

	#skip(number: number, reason: "condition" | "dependency_failed"): void {
		this.ledger.noteNotRun(number, reason);
		this.ledger.progress[number] = progress.skipped;
		this.streams?.leave(number);
		this.#left--;
		this.#release(number);
	}

	fail(number: number, error: unknown, soFar: readonly unknown[] | undefined): void {
		this.ledger.progress[number] = progress.failed;
		if (soFar !== undefined) this.ledger.keepPartial(number, soFar);
		this.#left--;
		this.failedAt(number, error);
		this.#release(number);
	}

	/** What the failure of a stage means for the run. */
	failedAt(number: number, error: unknown): void {
		switch (this.#settings.mode) {
			case "fail-fast":
				this.end.stop(error);
				break;
			case "continue":
				this.end.failure ??= { error };
				this.#doomDependents(number);
				break;
			case "best-effort":
				if (this.plan.dependentCount(number) === 0) this.end.failure ??= { error };
				break;
		}
	}

	#doomDependents(number: number): void {
		this.#doomed ??= new Uint8Array(this.plan.nodes.length);
		const { offsets, targets } = this.plan.dependents;
		for (let edge = offsets[number] as number; edge < (offsets[number + 1] as number); edge++) {
			this.#doomed[targets[edge] as number] = 1;
		}
	}

	/** Tells those that depend on a stage that they need not wait for it any more. */
	#release(number: number): void {
		const { offsets, targets } = this.plan.dependents;
		const end = offsets[number + 1] as number;
		for (let edge = offsets[number] as number; edge < end; edge++) {
			const dependent = targets[edge] as number;
			const waitsFor = (this.#waitsFor[dependent] as number) - 1;
			this.#waitsFor[dependent] = waitsFor;
			if (waitsFor === 0) this.#ready.push(dependent);
		}
	}

	// End of the run

	/** Ends a run whose time is over: while items come at once, no timer fires. */
	checkTime(): void {
		this.readClock();
		if (this.nowMs >= this.end.deadlineMs) this.end.expire();
	}

	/** Ends what gives items: those of lists, and streams that several stages read. */
	closeSources(reason: unknown): void {
		this.#maps?.cancel(reason);
		this.streams?.cancel(reason);
	}

	/** Ends the streams that the run reads; false where no call goes on that could be waited for. */
	cancelReaders(reason: unknown): boolean {
		for (const scope of [...this.#active]) scope.reader?.cancel(reason);
		return this.#active.length > 0;
	}

	/** Ends the calls that do not heed the signal: the run does not wait for them any longer. */
	giveUp(): void {
		const { reason } = this.end;
		for (const scope of [...this.#active]) {
			if (scope.observation !== undefined) scope.observation.failed(reason);
			this.readClock();
			this.failed(scope, reason);
		}
		this.advance();
	}

	#finish(): void {
		if (this.isFinished) return;
		this.isFinished = true;
		this.streams?.close();
		if (this.end.hasStopped) this.#reportRest();
		this.end.finish();
		this.#settle?.();
	}

	/** There is a report for every stage, also for those that the end of the run left behind. */
	#reportRest(): void {
		const { reason } = this.end;
		this.#maps?.reportRest(reason);
		for (let number = 0; number < this.plan.nodes.length; number++) {
			if (!this.ledger.reports.has(number)) this.ledger.noteNotRun(number, "run_ended", reason);
		}
	}
}

function drain(run: Execution): void {
	run.drain();
}
