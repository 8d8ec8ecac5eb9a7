import { withContext } from "../context.ts";
import { show } from "../option.ts";
import { checkTime } from "./check-time.ts";
import type { Execution } from "./execution.ts";
import { notRun, progress } from "./ledger.ts";
import { MapRun } from "./map-run.ts";
import type { NodeScope } from "./node-scope.ts";
import type { StageNode } from "./stage-node.ts";
import { isPending, readerOf, type StreamReader, stepOf } from "./stream-reader.ts";

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
		const isList = Array.isArray(items);
		const { concurrency } = run;
		const given = { reader: isList ? reader : within(run, reader), isList, concurrency };
		const map = new MapRun(node, number, given, run.nowMs);
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
		while (!map.isExhausted && !map.isTaking && !run.end.hasStopped && map.inFlight < map.limit) {
			try {
				const step = this.#next(map);
				if (isPending(step)) void this.#await(map, step);
				else this.#taken(map, step, map.startMs);
			} catch (error) {
				this.#itemsFailed(map, error);
			}
			if (map.turn !== undefined) checkTime(run.scope);
		}
		if (!map.isExhausted || map.isTaking || map.inFlight > 0 || run.end.hasStopped) return;
		this.#open.delete(map);
		map.endMs = run.nowMs;
		const { failure } = map;
		run.ledger.noteMap(map, failure?.outcome ?? "ok", failure?.error);
		run.streams?.leave(map.number);
		if (failure === undefined) run.deliver(map.number, map.results);
		else run.fail(map.number, failure.error, map.partial);
	}

	async #await(map: MapRun, step: PromiseLike<Step>): Promise<void> {
		const run = this.#run;
		map.isTaking = true;
		try {
			const taken = await step;
			run.readClock();
			this.#taken(map, taken, run.nowMs);
		} catch (error) {
			this.#itemsFailed(map, error);
		}
		map.isTaking = false;
		this.#take(map);
		run.advance();
	}

	/** Asks for an item; where many have come at once, in another turn. */
	#next({ items, turn }: MapRun): Step | PromiseLike<Step> {
		return turn?.pause()?.then(() => items.next()) ?? items.next();
	}

	#taken(map: MapRun, given: unknown, sinceMs: number): void {
		const step = stepOf(given, map.node);
		if (step.done) {
			map.isExhausted = true;
			return;
		}
		const item = step.value;
		map.inFlight++;
		this.#run.queue({ number: map.number, map, index: map.taken++, item, sinceMs });
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
