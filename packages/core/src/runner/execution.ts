// Longer than most: one run is one state machine, and each of its transitions looks at the same few counters.
import type { Context } from "@opentelemetry/api";
import { type Clock, readNow } from "../clock.ts";
import { activeContext, StageContext, scopeOf, withContext } from "../context.ts";
import { waste } from "../cost/charge.ts";
import { callWithin } from "../create-call.ts";
import { CancelledError, TimeoutError } from "../error.ts";
import { ownsError } from "../error-owner.ts";
import type { Handler } from "../middleware.ts";
import { Observation } from "../observation.ts";
import { show } from "../option.ts";
import { classify, isFailure, type Outcome } from "../outcome.ts";
import type { Pipeline } from "../pipeline.ts";
import { type Reporter, Scope } from "../scope.ts";
import { follow } from "../stream/follow.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { Ledger, newNamed, notRun, progress, snapshot } from "./ledger.ts";
import { MapRun } from "./map-run.ts";
import { NodeScope, QuietCall } from "./node-scope.ts";
import type { RunnerSettings } from "./options.ts";
import type { Plan } from "./plan.ts";
import { type PipelineReport, type PipelineResult, type PipelineStageReport, pipelineResult } from "./result.ts";
import { SharedContext } from "./shared-context.ts";
import { notShared, type StageNode } from "./stage-node.ts";
import { closeStream, isStream, readerOf, type StreamReader } from "./stream-reader.ts";
import { Tee } from "./tee.ts";

/** A call that waits for a free place. */
interface Waiting {
	readonly number: number;
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
	readonly plan: Plan;
	readonly input: unknown;
	readonly path: readonly string[];
	readonly cancelGraceMs: number;
	/** True once the run has begun; until then it was refused. */
	hasBegun = false;
	/** The run's own. */
	scope!: Scope;
	readonly #pipeline: Pipeline;
	readonly #clock: Clock;
	readonly #settings: RunnerSettings;
	readonly #timeoutMs: number | undefined;
	readonly #consumer: ExecutionOptions["consumer"];
	readonly #ledger: Ledger;
	#context!: Context;
	/** True where somebody listens, so that each call goes through its layers. */
	#isHeard = false;
	/** The last reading of the clock; between two stages that give plain values there is one. */
	#nowMs = 0;
	#startMs = 0;
	#endMs = 0;
	#deadlineMs = Infinity;
	#ending: Outcome | undefined;

	/** Of how many stages each one waits for the output. */
	readonly #waitsFor: Int32Array;
	/** Numbers of the stages that wait for none any more, as they came. */
	readonly #ready: Int32Array;
	#readyHead = 0;
	#readyTail = 0;
	#waiting: Waiting[] = [];
	#waitingHead = 0;
	#running = 0;
	/** How many readers of a shared stream wait for a slower one: so many calls more may go on, or that one might never. */
	#blocked = 0;
	/** Stages whose output is still to come. */
	#left: number;
	#isDraining = false;
	/** The context that stages share which are likely to give a plain value. */
	#shared: SharedContext | undefined;
	/** The call that waits for such a context. */
	#unshared: NodeScope | undefined;
	/** Stages that depend on a failed one, in mode `continue`. */
	#doomed: Uint8Array | undefined;
	/** Calls that go on beyond the turn they were started in; each knows its place, so that it can be taken out. */
	readonly #active: NodeScope[] = [];
	/**
	 * Streams that stages have given and others read, by the call that gave them, until their end. Like the rest here, made
	 * when there is one: most runs have none.
	 */
	#openStreams: Map<NodeScope, object> | undefined;
	/** Those calls by number, for good. */
	#givers: Map<number, NodeScope> | undefined;
	#tees: Map<number, Tee> | undefined;
	#maps: Set<MapRun> | undefined;
	#delivered: NodeScope | undefined;

	#hasStopped = false;
	#isFinished = false;
	/** What the calls that still go on are given up with. */
	#reason: unknown;
	#failure: { readonly error: unknown } | undefined;
	#controller: AbortController | undefined;
	#timers: AbortController | undefined;
	#settle: (() => void) | undefined;

	constructor(pipeline: Pipeline, plan: Plan, settings: RunnerSettings, input: unknown, options: ExecutionOptions) {
		this.#pipeline = pipeline;
		this.#clock = pipeline.clock;
		this.plan = plan;
		this.#settings = settings;
		this.input = input;
		this.path = options.path;
		this.cancelGraceMs = options.cancelGraceMs;
		this.#timeoutMs = options.timeoutMs;
		this.#consumer = options.consumer;
		this.#ledger = new Ledger(plan);
		this.#left = plan.nodes.length;
		this.#waitsFor = plan.waitsFor.slice();
		this.#ready = new Int32Array(plan.nodes.length);
	}

	/** Aborts when the run ends early; made when somebody asks for it. */
	get signal(): AbortSignal {
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			if (this.#hasStopped) this.#controller.abort(this.#reason);
		}
		return this.#controller.signal;
	}

	/** Begins, within the run's own call; settles when all stages have, and fails with what the run fails with. */
	start(): Promise<void> | undefined {
		this.hasBegun = true;
		this.#context = activeContext();
		this.scope = scopeOf(this.#context) as Scope;
		this.#isHeard = this.#pipeline.listening;
		this.#nowMs = readNow(this.#clock);
		if (this.#startMs === 0) this.#startMs = this.#nowMs;
		if (this.#timeoutMs !== undefined) this.#deadlineMs = this.#nowMs + this.#timeoutMs;
		const outer = this.scope.call.signal;
		if (outer?.aborted) this.#outerAborted();
		else outer?.addEventListener("abort", this.#outerAborted, { once: true });
		this.#ready.set(this.plan.roots);
		this.#readyTail = this.plan.roots.length;
		this.#drain();
		if (!this.#isFinished) {
			if (this.#timeoutMs !== undefined && !this.#hasStopped) {
				this.#after(Math.max(0, this.#deadlineMs - this.#nowMs), () => this.#expire());
			}
			return new Promise((resolve, reject) => {
				this.#settle = () => (this.#failure === undefined ? resolve() : reject(this.#failure.error));
			});
		}
		if (this.#failure !== undefined) throw this.#failure.error;
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
		const failure = this.#failure;
		const outcome = this.#ending ?? (failure === undefined ? "ok" : classify(failure.error, scope.call.signal));
		if (this.#endMs === 0) this.#endMs = readNow(this.#clock);
		const report: Writable<PipelineReport> = {
			pipeline: this.#pipeline.name,
			runId: scope.ids.runId as string,
			outcome,
			startedAtMs: this.#startMs,
			durationMs: Math.max(0, this.#endMs - this.#startMs),
			spend: snapshot(scope),
			stages: Object.freeze(this.#ledger.reports as PipelineStageReport[]),
		};
		const parentRunId = scope.run?.attributes["pipeline.parent_run.id"];
		if (parentRunId !== undefined) report.parentRunId = parentRunId as string;
		const traceId = scope.spanContext?.traceId;
		if (traceId !== undefined) report.traceId = traceId;
		if (failure !== undefined) report.error = failure.error;
		Object.freeze(report);
		return pipelineResult(report, this.#ledger.namedOutputs(failure === undefined), failure);
	}

	/** True for a call whose stream more than one stage would read, though nobody said that they may. */
	isShared({ map, node, number }: NodeScope): boolean {
		return map === undefined && !node.tee && this.#dependentCount(number) > 1;
	}

	/**
	 * Refuses to call a stage again once it has read of a stream: the items are gone, and it would take the rest for all
	 * there is.
	 */
	refuseReadAgain(scope: NodeScope): void {
		const { offsets, targets } = this.plan.dependencies;
		for (let edge = offsets[scope.number] as number; edge < (offsets[scope.number + 1] as number); edge++) {
			const dependency = targets[edge] as number;
			const giver = this.#givers?.get(dependency);
			if (giver === undefined) continue;
			const branch = this.#tees?.get(dependency)?.branches[this.#readerNumber(dependency, scope.number)];
			const isUntouched =
				branch === undefined ? giver.observation?.stream?.itemCount === 0 : branch.position === 0 && !branch.hasLeft;
			if (isUntouched) continue;
			// The function itself is not called.
			scope.attempts--;
			throw new TypeError(
				`pipeline ${this.#pipeline.name}: ${scope.node.name} was to be called again, but the stream of ${giver.node.name} ` +
					`has been read; collect its items in ${giver.node.name}`,
			);
		}
	}

	/** Ends the run because the reader of its stream has left. */
	leave(): void {
		if (this.#isFinished) return;
		const error = new CancelledError(this.#pipeline.name);
		this.#stop(error, error);
		this.#advance();
	}

	/** The call of a stage has ended for those who observe it. */
	callEnded(scope: NodeScope): void {
		if (this.#openStreams?.has(scope)) this.#streamEnded(scope);
		else if (scope === this.#delivered && !scope.isPulling) this.collected(scope);
	}

	/** A stream that the run reads has come to its end. */
	collected(scope: NodeScope): void {
		if (scope.over) return;
		this.#nowMs = readNow(this.#clock);
		if (scope.ending === undefined && this.#hasStopped) scope.observation?.failed(this.#reason);
		if (scope.ending === "cancelled" || scope.ending === "timeout") this.#failed(scope, this.#cutOffWith(scope));
		else this.#succeeded(scope, scope.items);
		this.#advance();
	}

	/** A stream that the run reads has failed. */
	broken(scope: NodeScope, error: unknown): void {
		this.#nowMs = readNow(this.#clock);
		this.#failed(scope, error);
		this.#advance();
	}

	// Scheduling

	#advance(): void {
		if (this.#isDraining || this.#isFinished) return;
		this.#nowMs = readNow(this.#clock);
		this.#drain();
	}

	#drain(): void {
		if (this.#isDraining || this.#isFinished) return;
		this.#isDraining = true;
		this.startMore();
		while (this.#unshared !== undefined) {
			this.#shared = new SharedContext(this.#context);
			withContext(this.#shared, startMore, this);
			this.#shared = undefined;
		}
		this.#isDraining = false;
		if (this.#hasStopped ? this.#running === 0 : this.#left === 0) this.#finish();
	}

	/** Starts what can be started, until a stage asks for a context to share, or has kept the one there was. */
	startMore(): void {
		const unshared = this.#unshared;
		this.#unshared = undefined;
		if (unshared !== undefined) this.#callQuietly(unshared);
		const limit = this.#settings.concurrency;
		while (!this.#hasStopped && this.#unshared === undefined) {
			if (this.#nowMs >= this.#deadlineMs && this.#left > 0) this.#expire();
			else if (this.#readyHead < this.#readyTail) this.#consider(this.#ready[this.#readyHead++] as number);
			else if (this.#waitingHead < this.#waiting.length && this.#running - this.#blocked < limit) this.#admit();
			else break;
		}
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
		const isLimited = this.#settings.concurrency !== Infinity || scope.node.itemConcurrency !== Infinity;
		if (isLimited) scope.queuedMs = Math.max(0, this.#nowMs - sinceMs);
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
		} else if (this.#settings.concurrency !== Infinity) {
			const sinceMs = this.#nowMs;
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
			const holds = withContext(this.#context, node.when as (inputs: unknown) => unknown, this.#inputsOf(number));
			this.#nowMs = readNow(this.#clock);
			if (holds === true) return true;
			if (holds !== false) {
				throw new TypeError(
					`pipeline ${this.#pipeline.name}: when of ${node.name} must return true or false, got ${show(holds)}`,
				);
			}
			this.#skip(number, "condition");
		} catch (error) {
			this.#refuse(new NodeScope(this, number, undefined, undefined), error);
		}
		return false;
	}

	/** Begins a stage that is called once for each item. */
	#begin(node: StageNode, number: number): void {
		try {
			const items = withContext(this.#context, node.items as (inputs: unknown) => unknown, this.#inputsOf(number));
			const reader = readerOf(items);
			if (reader === undefined) {
				throw new TypeError(
					`pipeline ${this.#pipeline.name}: items of ${node.name} must be a list or a stream, got ${show(items)}`,
				);
			}
			this.#nowMs = readNow(this.#clock);
			const map = new MapRun(node, number, reader, this.#nowMs);
			this.#maps ??= new Set();
			this.#maps.add(map);
			this.#take(map);
		} catch (error) {
			this.#refuse(new NodeScope(this, number, undefined, undefined), error);
		}
	}

	/** Takes as many items as may be worked on; the stage is done when there are none and none is being worked on. */
	#take(map: MapRun): void {
		while (!map.isExhausted && !map.isTaking && !this.#hasStopped && map.inFlight < map.node.itemConcurrency) {
			try {
				const step = withContext(this.#context, nextOf, map.items);
				if (typeof (step as PromiseLike<unknown>).then === "function") this.#await(map, step as PromiseLike<Step>);
				else this.#taken(map, step as Step, map.startMs);
			} catch (error) {
				this.#itemsFailed(map, error);
			}
		}
		if (!map.isExhausted || map.isTaking || map.inFlight > 0 || this.#hasStopped) return;
		this.#maps?.delete(map);
		map.endMs = this.#nowMs;
		this.#leaveTees(map.number);
		const { failure } = map;
		this.#ledger.noteMap(map, failure?.outcome ?? "ok", failure?.error);
		if (failure === undefined) this.#deliver(map.number, map.results);
		else this.#fail(map.number, failure.error, map.partial);
	}

	#await(map: MapRun, step: PromiseLike<Step>): void {
		map.isTaking = true;
		Promise.resolve(step).then(
			(taken) => {
				map.isTaking = false;
				this.#nowMs = readNow(this.#clock);
				this.#taken(map, taken, this.#nowMs);
				this.#take(map);
				this.#advance();
			},
			(error) => {
				map.isTaking = false;
				this.#itemsFailed(map, error);
				this.#take(map);
				this.#advance();
			},
		);
	}

	#taken(map: MapRun, step: Step, sinceMs: number): void {
		if (step.done) {
			map.isExhausted = true;
			return;
		}
		map.inFlight++;
		const index = map.taken++;
		this.#waiting.push({ number: map.number, map, index, item: step.value, sinceMs });
	}

	/** What gives the items has failed: a call that fails with it is seen, and counts as one more item. */
	#itemsFailed(map: MapRun, error: unknown): void {
		map.isExhausted = true;
		if (this.#isFinished) return;
		map.inFlight++;
		this.#refuse(new NodeScope(this, map.number, map, map.taken++), error);
	}

	/** The inputs of a stage: the pipeline's own, or the outputs of those it depends on, in an object of its own. */
	#inputsOf(number: number): unknown {
		const { offsets, targets } = this.plan.dependencies;
		const end = offsets[number + 1] as number;
		let edge = offsets[number] as number;
		if (edge === end) return this.input;
		const inputs = newNamed(this.plan.nodes.length);
		for (; edge < end; edge++) {
			const dependency = targets[edge] as number;
			const tee = this.#tees?.get(dependency);
			inputs[(this.plan.nodes[dependency] as StageNode).name] =
				tee === undefined ? this.#ledger.outputs[dependency] : tee.branches[this.#readerNumber(dependency, number)];
		}
		return inputs;
	}

	// One call

	#launch(scope: NodeScope): void {
		this.#running++;
		if (this.#isHeard || !scope.node.onlyObserves) this.#callThroughLayers(scope, scope.node.handler);
		else this.#callQuietly(scope);
	}

	/** Fails a stage before its function could be called; whoever observes sees a call that fails. */
	#refuse(scope: NodeScope, error: unknown): void {
		this.#running++;
		scope.given = error;
		if (this.#isHeard) {
			this.#callThroughLayers(scope, scope.node.refusal);
			return;
		}
		scope.startMs = this.#nowMs;
		this.#failed(scope, error);
	}

	#callThroughLayers(scope: NodeScope, handler: Handler): void {
		const { given, node } = scope;
		scope.given = undefined;
		scope.reporter = scope;
		scope.links = this.#ledger.linksOf(scope.number);
		scope.call = callWithin(scope, node.definition, [given], undefined, this.signal);
		scope.callerContext = this.#context;
		let result: unknown;
		try {
			result = handler(scope.call);
		} catch (error) {
			this.#nowMs = readNow(this.#clock);
			this.#failed(scope, error);
			return;
		}
		this.#received(scope, result);
	}

	/** Calls the stage's function where no layer would have a part in it. */
	#callQuietly(scope: NodeScope): void {
		const shared = this.#shared;
		if (scope.node.isLikelyPlain && shared === undefined) {
			this.#unshared = scope;
			return;
		}
		scope.open = true;
		scope.call = new QuietCall(scope);
		scope.startMs = this.#nowMs;
		const context = new StageContext(this.#context, this.scope.span, scope);
		let result: unknown;
		try {
			if (shared === undefined || !scope.node.isLikelyPlain) {
				result = withContext(context, callFunction, scope);
			} else {
				shared.current = context;
				result = callFunction(scope);
				if (isLasting(result)) {
					// What it goes on with is in this context: the next ones need another.
					scope.node.isLikelyPlain = false;
					this.#shared = undefined;
				} else shared.current = this.#context;
			}
		} catch (error) {
			if (shared !== undefined) shared.current = this.#context;
			this.#nowMs = readNow(this.#clock);
			this.#failed(scope, error);
			return;
		}
		this.#received(scope, result);
	}

	#received(scope: NodeScope, result: unknown): void {
		if (result === null || (typeof result !== "object" && typeof result !== "function")) {
			this.#nowMs = readNow(this.#clock);
			this.#succeeded(scope, result);
			return;
		}
		if (!isThenable(result)) {
			this.#nowMs = readNow(this.#clock);
			this.#arrived(scope, result);
			return;
		}
		this.#activate(scope);
		const promise = result instanceof Promise ? result : Promise.resolve(result as PromiseLike<unknown>);
		promise.then(
			(value) => {
				if (scope.over) return;
				this.#nowMs = readNow(this.#clock);
				this.#arrived(scope, value);
				this.#drain();
			},
			(error) => {
				if (scope.over) return;
				this.#nowMs = readNow(this.#clock);
				this.#failed(scope, error);
				this.#drain();
			},
		);
	}

	#arrived(scope: NodeScope, value: unknown): void {
		if (isStream(value)) this.#streamed(scope, value);
		else this.#succeeded(scope, value);
	}

	#succeeded(scope: NodeScope, value: unknown): void {
		this.#callOver(scope, scope.ending ?? scope.outcome ?? "ok", scope.endingError ?? scope.outcomeError);
		const { map } = scope;
		if (map === undefined) {
			this.#deliver(scope.number, value);
			return;
		}
		map.results[scope.index as number] = value;
		this.#itemOver(map);
	}

	#failed(scope: NodeScope, error: unknown): void {
		if (scope.over) return;
		const outcome = scope.ending ?? classify(error, this.#hasStopped ? this.signal : undefined);
		if (scope.ending === undefined && isFailure(outcome)) waste(scope);
		this.#callOver(scope, outcome, error);
		const { map, items } = scope;
		if (map === undefined) {
			this.#fail(scope.number, error, items);
			return;
		}
		map.failure ??= { outcome, error };
		if (this.#settings.mode === "fail-fast") this.#stop(error);
		this.#itemOver(map);
	}

	/** The run has no more to do with a call; it gives back its place. */
	#callOver(scope: NodeScope, outcome: Outcome, error: unknown): void {
		this.#running--;
		this.#deactivate(scope);
		this.#ended(scope, outcome, error);
	}

	#activate(scope: NodeScope): void {
		if (scope.place !== -1) return;
		scope.place = this.#active.length;
		this.#active.push(scope);
	}

	#deactivate(scope: NodeScope): void {
		if (scope.place === -1) return;
		const last = this.#active.pop() as NodeScope;
		if (last !== scope) {
			this.#active[scope.place] = last;
			last.place = scope.place;
		}
		scope.place = -1;
	}

	#ended(scope: NodeScope, outcome: Outcome, error: unknown): void {
		scope.over = true;
		if (scope.endMs === 0) scope.endMs = this.#nowMs;
		if (scope.reporter === undefined) scope.open = false;
		else if (scope.span !== undefined && this.#dependentCount(scope.number) > 0) this.#ledger.keepSpan(scope);
		this.#ledger.note(scope, outcome, error);
		if (scope.map === undefined) this.#leaveTees(scope.number);
	}

	#itemOver(map: MapRun): void {
		map.inFlight--;
		map.endMs = this.#nowMs;
		this.#take(map);
	}

	// Streams

	/** A call gives a stream: the run reads it, or the stages that depend on it do. */
	#streamed(scope: NodeScope, given: object): void {
		let stream = given;
		const readers = scope.map === undefined ? this.#dependentCount(scope.number) : 0;
		if (scope.reporter === undefined) {
			try {
				if (this.isShared(scope)) notShared(scope.node, stream);
			} catch (error) {
				this.#failed(scope, error);
				return;
			}
			stream = this.#watched(scope, stream);
		}
		if (readers === 0) {
			this.#read(scope, stream);
			return;
		}
		try {
			if (scope.node.tee) this.#share(scope.number, stream, readers);
		} catch (error) {
			this.#failed(scope, error);
			return;
		}
		this.#running--;
		this.#deactivate(scope);
		if (scope.span !== undefined) this.#ledger.keepSpan(scope);
		this.#ledger.progress[scope.number] = progress.handedOn;
		this.#openStreams ??= new Map();
		this.#openStreams.set(scope, stream);
		this.#givers ??= new Map();
		this.#givers.set(scope.number, scope);
		this.#ledger.outputs[scope.number] = stream;
		this.#left--;
		this.#release(scope.number);
		// It may have been at its end when it came.
		if (scope.ending !== undefined) this.#streamEnded(scope);
	}

	/** Watches a stream on the run's own behalf, where no layer does. */
	#watched(scope: NodeScope, stream: object): object {
		scope.open = false;
		scope.reporter = scope;
		const context = new StageContext(this.#context, this.scope.span, scope);
		return follow(stream, new Observation(scope.call, context, [])) as object;
	}

	/** Reads a stream at the end of the pipeline, or lets the consumer do it. */
	#read(scope: NodeScope, stream: object): void {
		scope.items = [];
		try {
			scope.reader = readerOf(stream);
		} catch (error) {
			this.#failed(scope, error);
			return;
		}
		this.#activate(scope);
		if (this.#consumer === undefined || scope.map !== undefined) {
			this.#collect(scope);
			return;
		}
		if (this.#delivered === undefined) {
			this.#delivered = scope;
			this.#consumer(scope);
			return;
		}
		const problem = new TypeError(
			`pipeline ${this.#pipeline.name}: ${this.#delivered.node.name} and ${scope.node.name} both end in a stream, ` +
				"and stream() can give only one; use run()",
		);
		scope.observation?.failed(problem);
		scope.reader?.cancel(problem);
		this.#failed(scope, problem);
	}

	/** Reads to the end; as long as items come at once, in one turn. */
	#collect(scope: NodeScope): void {
		const items = scope.items as unknown[];
		try {
			while (!this.#hasStopped) {
				const step = (scope.reader as NonNullable<typeof scope.reader>).next();
				if (typeof (step as PromiseLike<unknown>).then === "function") {
					void this.#collectLater(scope, step as PromiseLike<Step>);
					return;
				}
				const { done, value } = step as Step;
				if (done) break;
				items.push(value);
			}
		} catch (error) {
			this.#nowMs = readNow(this.#clock);
			this.#failed(scope, error);
			return;
		}
		if (this.#hasStopped) scope.reader?.cancel(this.#reason);
		this.#nowMs = readNow(this.#clock);
		this.collected(scope);
	}

	async #collectLater(scope: NodeScope, first: PromiseLike<Step>): Promise<void> {
		const items = scope.items as unknown[];
		try {
			let step = await first;
			while (!step.done && !scope.over) {
				items.push(step.value);
				if (this.#hasStopped) scope.reader?.cancel(this.#reason);
				step = await (scope.reader as NonNullable<typeof scope.reader>).next();
			}
		} catch (error) {
			this.broken(scope, error);
			return;
		}
		this.collected(scope);
	}

	/** A stream that other stages read has come to its end. */
	#streamEnded(scope: NodeScope): void {
		this.#openStreams?.delete(scope);
		const outcome = scope.ending as Outcome;
		const isCut = outcome === "cancelled" && scope.endingError === undefined;
		const error = isCut ? this.#cutOffWith(scope) : scope.endingError;
		this.#ended(scope, outcome, error);
		if (!isCut && !isGood(outcome)) {
			this.#ledger.progress[scope.number] = progress.failed;
			this.#failedAt(scope.number, error);
			this.#advance();
		}
	}

	#cutOffWith(scope: NodeScope): unknown {
		return scope.endingError ?? (this.#hasStopped ? this.#reason : new CancelledError(scope.node.name));
	}

	#share(number: number, stream: object, readers: number): void {
		const reader = readerOf(stream);
		if (reader === undefined) return;
		this.#tees ??= new Map();
		this.#tees.set(number, new Tee(reader, readers, (more) => this.#hold(more)));
	}

	#hold(more: 1 | -1): void {
		this.#blocked += more;
		if (more > 0) this.#advance();
	}

	#leaveTees(number: number): void {
		if (this.#tees === undefined) return;
		const { offsets, targets } = this.plan.dependencies;
		for (let edge = offsets[number] as number; edge < (offsets[number + 1] as number); edge++) {
			const dependency = targets[edge] as number;
			this.#tees.get(dependency)?.branches[this.#readerNumber(dependency, number)]?.leave();
		}
	}

	#readerNumber(dependency: number, dependent: number): number {
		const { offsets, targets } = this.plan.dependents;
		return targets.indexOf(dependent, offsets[dependency]) - (offsets[dependency] as number);
	}

	// Ends of stages

	#dependentCount(number: number): number {
		const { offsets } = this.plan.dependents;
		return (offsets[number + 1] as number) - (offsets[number] as number);
	}

	#deliver(number: number, output: unknown): void {
		this.#ledger.outputs[number] = output;
		this.#ledger.progress[number] = progress.done;
		this.#left--;
		this.#release(number);
	}

	#skip(number: number, reason: "condition" | "dependency_failed"): void {
		this.#ledger.noteNotRun(number, reason);
		this.#ledger.progress[number] = progress.skipped;
		this.#leaveTees(number);
		this.#left--;
		this.#release(number);
	}

	#fail(number: number, error: unknown, soFar: readonly unknown[] | undefined): void {
		this.#ledger.progress[number] = progress.failed;
		if (soFar !== undefined) this.#ledger.keepPartial(number, soFar);
		this.#left--;
		this.#failedAt(number, error);
		this.#release(number);
	}

	/** What the failure of a stage means for the run. */
	#failedAt(number: number, error: unknown): void {
		switch (this.#settings.mode) {
			case "fail-fast":
				this.#stop(error);
				break;
			case "continue":
				this.#failure ??= { error };
				this.#doomDependents(number);
				break;
			case "best-effort":
				if (this.#dependentCount(number) === 0) this.#failure ??= { error };
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
			if (waitsFor === 0) this.#ready[this.#readyTail++] = dependent;
		}
	}

	// End of the run

	readonly #outerAborted = (): void => {
		const reason: unknown = this.scope.call.signal?.reason;
		this.#claim(reason);
		this.#stop(reason, reason);
		this.#advance();
	};

	#expire(): void {
		if (this.#hasStopped || this.#isFinished) return;
		const error = new TimeoutError(this.#pipeline.name, this.#timeoutMs as number);
		this.#claim(error);
		this.#stop(error, error);
		this.#advance();
	}

	/** What ends the run from outside is recorded on the run, however many stages fail with it. */
	#claim(error: unknown): void {
		if (typeof error === "object" && error !== null) ownsError(error, this.scope);
	}

	/** Ends the run early: nothing more is started, and what goes on is told. */
	#stop(error: unknown, reason?: unknown): void {
		if (this.#hasStopped || this.#isFinished) return;
		this.#hasStopped = true;
		this.#failure = { error };
		this.#reason = reason ?? new CancelledError(this.#pipeline.name, { cause: error });
		this.#timers?.abort();
		this.#timers = undefined;
		for (const map of this.#maps ?? []) map.items.cancel(this.#reason);
		for (const tee of this.#tees?.values() ?? []) tee.fail(this.#reason);
		this.#controller?.abort(this.#reason);
		for (const scope of [...this.#active]) scope.reader?.cancel(this.#reason);
		if (this.#active.length > 0) this.#after(this.cancelGraceMs, () => this.#giveUp());
	}

	/** Ends the calls that do not heed the signal: the run does not wait for them any longer. */
	#giveUp(): void {
		for (const scope of [...this.#active]) {
			if (scope.observation !== undefined) scope.observation.failed(this.#reason);
			this.#nowMs = readNow(this.#clock);
			this.#failed(scope, this.#reason);
		}
		this.#advance();
	}

	#after(durationMs: number, step: () => void): void {
		this.#timers ??= new AbortController();
		const { signal } = this.#timers;
		const due = () => {
			if (!signal.aborted) step();
		};
		try {
			this.#clock.sleep(durationMs, signal).then(due, () => {});
		} catch (error) {
			telemetryFailed("clock", error);
		}
	}

	#finish(): void {
		if (this.#isFinished) return;
		this.#isFinished = true;
		this.#timers?.abort();
		this.scope.call.signal?.removeEventListener("abort", this.#outerAborted);
		this.#closeStreams();
		this.#reportRest();
		const error = this.#failure?.error;
		// A primitive has no identity by which the run could know it for one of a stage.
		if (this.#failure !== undefined && (typeof error !== "object" || error === null)) {
			ownsError(error, new Scope(this.scope, this.scope.run));
		}
		this.#settle?.();
	}

	/** Nobody reads on what is still open. */
	#closeStreams(): void {
		if (this.#openStreams === undefined) return;
		for (const [scope, stream] of [...this.#openStreams]) {
			if (this.#hasStopped) scope.observation?.failed(this.#reason);
			else scope.observation?.abandon();
			const tee = this.#tees?.get(scope.number);
			if (tee === undefined) closeStream(stream, this.#reason);
			else tee.close(this.#reason);
		}
	}

	/** There is a report for every stage, also for those that the end of the run left behind. */
	#reportRest(): void {
		if (!this.#hasStopped) return;
		for (const map of this.#maps ?? []) {
			for (let index = 0; index < map.taken; index++) {
				map.reports[index] ??= notRun(map.node, "run_ended", this.#reason);
			}
			const { failure } = map;
			this.#ledger.noteMap(map, failure?.outcome ?? "cancelled", failure === undefined ? this.#reason : failure.error);
			this.#ledger.progress[map.number] = progress.failed;
			this.#ledger.keepPartial(map.number, map.partial);
		}
		for (let number = 0; number < this.plan.nodes.length; number++) {
			if (this.#ledger.reports[number] === undefined) this.#ledger.noteNotRun(number, "run_ended", this.#reason);
		}
	}
}

type Step = IteratorResult<unknown>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function isGood(outcome: Outcome): boolean {
	return outcome === "ok" || outcome === "skipped" || outcome === "fallback";
}

function startMore(execution: Execution): void {
	execution.startMore();
}

function isThenable(value: unknown): boolean {
	if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
	try {
		return typeof (value as Partial<PromiseLike<unknown>>).then === "function";
	} catch {
		// A getter of the user's object threw while it was looked at.
		return false;
	}
}

/** True for what goes on beyond the call that gave it. */
function isLasting(value: unknown): boolean {
	return value !== null && typeof value === "object" && (isThenable(value) || isStream(value));
}

function nextOf(reader: StreamReader): Step | PromiseLike<Step> {
	return reader.next();
}

function callFunction(scope: NodeScope): unknown {
	const { given } = scope;
	scope.given = undefined;
	scope.attempts = 1;
	return scope.node.run(given, scope);
}
