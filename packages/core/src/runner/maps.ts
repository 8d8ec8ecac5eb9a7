import { withContext } from "../context.ts";
import { show } from "../option.ts";
import type { Execution } from "./execution.ts";
import { notRun, progress } from "./ledger.ts";
import { MapRun } from "./map-run.ts";
import type { NodeScope } from "./node-scope.ts";
import type { StageNode } from "./stage-node.ts";
import { readerOf, type StreamReader } from "./stream-reader.ts";

type Step = IteratorResult<unknown>;

/** The stages of a run that are called once for each item. */
export class Maps {
	readonly #run: Execution;
	readonly #open: Set<MapRun> = new Set();

	constructor(run: Execution) {
		this.#run = run;
	}

	/** Begins such a stage; throws where its items cannot be had. */
	begin(node: StageNode, number: number, inputs: unknown): void {
		const run = this.#run;
		const items = withContext(run.context, node.items as (inputs: unknown) => unknown, inputs);
		const reader = readerOf(items);
		if (reader === undefined) {
			throw new TypeError(`pipeline ${run.name}: items of ${node.name} must be a list or a stream, got ${show(items)}`);
		}
		run.readClock();
		const map = new MapRun(node, number, Array.isArray(items) ? reader : within(run, reader), run.nowMs);
		this.#open.add(map);
		this.#take(map);
	}

	succeeded(map: MapRun, scope: NodeScope, value: unknown): void {
		map.results[scope.index as number] = value;
		this.#itemOver(map);
	}

	failed(map: MapRun, failure: NonNullable<MapRun["failure"]>): void {
		map.failure ??= failure;
		this.#itemOver(map);
	}

	/** Asks for no more items: the run has ended early. */
	cancel(reason: unknown): void {
		for (const map of this.#open) map.items.cancel(reason);
	}

	/** Reports on the stages that the end of the run left behind. */
	reportRest(reason: unknown): void {
		const { ledger } = this.#run;
		for (const map of this.#open) {
			for (let index = 0; index < map.taken; index++) map.reports[index] ??= notRun(map.node, "run_ended", reason);
			const { failure } = map;
			ledger.noteMap(map, failure?.outcome ?? "cancelled", failure === undefined ? reason : failure.error);
			ledger.progress[map.number] = progress.failed;
			ledger.keepPartial(map.number, map.partial);
		}
	}

	/** Takes as many items as may be worked on; the stage is done when there are none and none is being worked on. */
	#take(map: MapRun): void {
		const run = this.#run;
		while (!map.isExhausted && !map.isTaking && !run.hasStopped && map.inFlight < map.node.itemConcurrency) {
			try {
				const step = map.items.next();
				if (typeof (step as PromiseLike<Step>).then === "function") this.#await(map, step as PromiseLike<Step>);
				else this.#taken(map, step as Step, map.startMs);
			} catch (error) {
				this.#itemsFailed(map, error);
			}
		}
		if (!map.isExhausted || map.isTaking || map.inFlight > 0 || run.hasStopped) return;
		this.#open.delete(map);
		map.endMs = run.nowMs;
		const { failure } = map;
		run.ledger.noteMap(map, failure?.outcome ?? "ok", failure?.error);
		run.streams?.leave(map.number);
		if (failure === undefined) run.deliver(map.number, map.results);
		else run.fail(map.number, failure.error, map.partial);
	}

	#await(map: MapRun, step: PromiseLike<Step>): void {
		const run = this.#run;
		map.isTaking = true;
		const goOn = () => {
			this.#take(map);
			run.advance();
		};
		Promise.resolve(step).then(
			(taken) => {
				map.isTaking = false;
				run.readClock();
				this.#taken(map, taken, run.nowMs);
				goOn();
			},
			(error) => {
				map.isTaking = false;
				this.#itemsFailed(map, error);
				goOn();
			},
		);
	}

	#taken(map: MapRun, step: Step, sinceMs: number): void {
		if (step.done) {
			map.isExhausted = true;
			return;
		}
		map.inFlight++;
		this.#run.queue({ number: map.number, map, index: map.taken++, item: step.value, sinceMs });
	}

	/** What gives the items has failed: a call that fails with it is seen, and counts as one more item. */
	#itemsFailed(map: MapRun, error: unknown): void {
		map.isExhausted = true;
		if (this.#run.isFinished) return;
		map.inFlight++;
		this.#run.refuse(map.number, error, map, map.taken++);
	}

	#itemOver(map: MapRun): void {
		map.inFlight--;
		map.endMs = this.#run.nowMs;
		this.#take(map);
	}
}

/** A reader whose own code runs in the run's context, and not in that of whichever stage has just ended. */
function within(run: Execution, reader: StreamReader): StreamReader {
	const next = () => reader.next();
	return { next: () => withContext(run.context, next, undefined), cancel: (reason) => reader.cancel(reason) };
}
