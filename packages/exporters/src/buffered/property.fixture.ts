// Over 250 lines: what is asked of an exporter in a history, and what is compared after each step, are read together.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ManualClock, manualClock } from "@footlight/core/testing";
import fc from "fast-check";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import { BufferedExporter, type FlushResult, NotExportedError, type Overflow } from "../buffered.ts";
import * as truth from "./truth.fixture.ts";
import { type Case, type Ending, type Item, same, Truth, Violation } from "./truth.fixture.ts";

export { Violation } from "./truth.fixture.ts";

/** An exporter, and all that it says of itself. */
class Real {
	readonly truth: Truth;
	readonly metrics: RecordedMetrics = recordMetrics();
	readonly exporter: BufferedExporter<Item>;
	readonly clock: ManualClock = manualClock();
	readonly overflows: Overflow[] = [];
	highWaters = 0;
	closed: FlushResult | undefined;
	#items = 0;

	constructor(given: Case) {
		const { clock } = this;
		this.truth = new Truth(given, clock);
		const { maxItems, maxBytes, batchSize, batchBytes, concurrency, timeoutMs, maxAttempts } = given;
		this.exporter = new BufferedExporter<Item>({
			...{ name: "audit", maxItems, batchSize, concurrency, timeoutMs, clock },
			...(maxBytes !== undefined && { maxBytes }),
			...(batchBytes !== undefined && { batchBytes }),
			...{ maxDelayMs: truth.maxDelayMs, highWaterRatio: truth.highWaterRatio },
			retry: {
				...{ maxAttempts, backoff: "constant", jitter: "none" },
				...{ initialDelayMs: truth.backoffMs, maxDelayMs: truth.pauseMs },
			},
			sizeOf: ({ bytes }) => bytes,
			priorityOf: ({ rank }) => truth.priorities[rank],
			orderKeyOf: ({ key }) => key,
			onOverflow: (overflow) => this.overflows.push(overflow),
			onHighWater: () => this.highWaters++,
			meterProvider: this.metrics.meterProvider,
			sink: {
				write: (batch, signal) => this.truth.write(batch, signal),
				close: () => {
					this.truth.sinkCloses++;
					return given.closeHangs ? new Promise<void>(() => {}) : undefined;
				},
			},
		});
	}

	async emit(rank: number, key: string | undefined, bytes: number, waits: boolean): Promise<void> {
		const item: Item = { id: this.#items++, rank, key, bytes };
		const expected = this.truth.emit(item);
		if (!waits) {
			this.exporter.tryEmit(item);
			return;
		}
		const refusal = await this.exporter.emit(item).then(
			() => undefined,
			(error) => (error instanceof NotExportedError ? error.reason : error),
		);
		same("what emit says", expected, refusal);
	}

	async check(): Promise<void> {
		await nextTurn();
		this.truth.check(this.exporter.snapshot());
		const { closing, closedByMs, sinkCloses, nowMs } = this.truth;
		same("times that the sink is closed", this.truth.isStopped ? 1 : 0, sinkCloses);
		same("times of high water", this.truth.highWaters, this.highWaters);
		const { overflowMs, lost } = this.truth;
		if (nowMs > overflowMs + 1_000) same("overflow told within a second", lost.queue_full ?? 0, this.#told);
		if (closing === undefined) return;
		const isClosed = closedByMs !== undefined && nowMs >= closedByMs;
		if (isClosed !== (this.closed !== undefined)) throw new Violation("close keeps its deadline");
		if (this.closed === undefined) return;
		const left = this.truth.inState("waiting", "flying").length;
		same("what close says", { isComplete: left === 0, left }, this.closed);
	}

	get #told(): number {
		return this.overflows.reduce((sum, { dropped }) => sum + dropped, 0);
	}

	/** What was told must be what was counted, and that the truth. */
	async checkTold(): Promise<void> {
		const { lost } = this.truth;
		const dropped = this.#told;
		same("overflow told", lost.queue_full ?? 0, dropped);
		if (dropped > 0) same("total overflow told", dropped, this.overflows.at(-1)?.total);
		const points = await this.metrics.points("pipeline.exporter.items");
		const counted = points.filter(({ value }) => value > 0).map(({ attributes, value }) => [attributes, value]);
		const delivered = this.truth.inState("delivered").length;
		const expected = [
			...(delivered > 0 ? [[{ "exporter.name": "audit" }, delivered]] : []),
			...Object.entries(lost).map(([type, count]) => [{ "exporter.name": "audit", "error.type": type }, count]),
		];
		const byText = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();
		same("items counted", byText(expected), byText(counted));
		const ended = counted.reduce((sum, [, value]) => sum + (value as number), 0);
		same("items that ended once", this.#items, ended);
	}
}

type Command = fc.AsyncCommand<Truth, Real>;

abstract class Step implements Command {
	check(_: Readonly<Truth>): boolean {
		return true;
	}

	async run(_: Truth, real: Real): Promise<void> {
		await this.act(real, real.truth);
		await real.check();
	}

	abstract act(real: Real, known: Truth): Promise<void> | void;
}

class Emit extends Step {
	readonly items: readonly (readonly [rank: number, key: string | undefined, bytes: number])[];
	readonly waits: boolean;

	constructor(items: Emit["items"], waits: boolean) {
		super();
		this.items = items;
		this.waits = waits;
	}

	async act(real: Real): Promise<void> {
		// Each in a turn of its own, since what a batch is made of is decided as items come.
		for (const [rank, key, bytes] of this.items) {
			await real.emit(rank, key, bytes, this.waits);
			await nextTurn();
		}
	}

	override toString = () => `emit(${JSON.stringify(this.items)}${this.waits ? ", awaited" : ""})`;
}

class Settle extends Step {
	readonly which: number;
	readonly how: Ending;

	constructor(which: number, how: Ending) {
		super();
		this.which = which;
		this.how = how;
	}

	act(_: Real, { live }: Truth): void {
		if (live.length > 0) live[this.which % live.length]?.settle(this.how);
	}

	override toString = () => `settle(${this.which}, ${this.how})`;
}

/** So many halvings in a row: what was too large, its first half, and the first half of that. */
class Halve extends Step {
	readonly which: number;
	readonly times: number;

	constructor(which: number, times: number) {
		super();
		this.which = which;
		this.times = times;
	}

	async act(_: Real, { live }: Truth): Promise<void> {
		let attempt = live[this.which % live.length];
		for (let time = 0; time < this.times; time++) {
			attempt?.settle("too_large");
			await nextTurn();
			attempt = attempt?.of.attempt;
		}
	}

	override toString = () => `halve(${this.which}, ${this.times})`;
}

class AnswerAtOnce extends Step {
	readonly how: Ending;
	readonly throws: boolean;

	constructor(how: Ending, throws: boolean) {
		super();
		this.how = how;
		this.throws = throws;
	}

	act(_: Real, known: Truth): void {
		known.nextEnding = { how: this.how, throws: this.throws };
	}

	override toString = () => `answerAtOnce(${this.how}${this.throws ? ", thrown" : ""})`;
}

class Advance extends Step {
	readonly ms: number;

	constructor(ms: number) {
		super();
		this.ms = ms;
	}

	async act(real: Real): Promise<void> {
		await real.clock.advance(this.ms);
	}

	override toString = () => `advance(${this.ms})`;
}

class Flush extends Step {
	readonly timeoutMs: number;

	constructor(timeoutMs: number) {
		super();
		this.timeoutMs = timeoutMs;
	}

	act(real: Real, known: Truth): void {
		if (known.closing !== undefined) return;
		const flush = known.flush(this.timeoutMs);
		void real.exporter.flush({ timeoutMs: this.timeoutMs }).then(({ isComplete }) => {
			flush.result = isComplete;
		});
	}

	override toString = () => `flush(${this.timeoutMs})`;
}

class Close extends Step {
	readonly timeoutMs: number;

	constructor(timeoutMs: number) {
		super();
		this.timeoutMs = timeoutMs;
	}

	act(real: Real, known: Truth): void {
		if (known.closing === undefined) known.close(this.timeoutMs);
		void real.exporter.close({ timeoutMs: this.timeoutMs }).then((result) => {
			real.closed = result;
		});
	}

	override toString = () => `close(${this.timeoutMs})`;
}

/** Everything comes to its end; then what was told is compared. */
class Drain implements Command {
	check = () => true;

	async run(known: Truth, real: Real): Promise<void> {
		real.truth.nextEnding = undefined;
		for (let round = 0; round < 200 && !real.truth.isStopped; round++) {
			if (real.truth.inState("waiting", "flying").length === 0) break;
			await new Advance(5).run(known, real);
			for (let more = real.truth.live.length; more > 0; more--) await new Settle(0, "ok").run(known, real);
		}
		await new Close(5).run(known, real);
		await new Advance(101).run(known, real);
		await real.checkTold();
	}

	toString = () => "drain";
}

const caseArbitrary: fc.Arbitrary<Case> = fc
	.record({
		maxItems: fc.integer({ min: 1, max: 8 }),
		maxBytes: fc.option(fc.integer({ min: 3, max: 12 }), { nil: undefined }),
		batchSize: fc.integer({ min: 1, max: 4 }),
		batchBytes: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 2 }),
		concurrency: fc.constantFrom(1, 1, 2, 3),
		timeoutMs: fc.constantFrom(11, 50),
		maxAttempts: fc.integer({ min: 1, max: 3 }),
		closeHangs: fc.boolean(),
	} satisfies { [Option in keyof Case]: fc.Arbitrary<Case[Option]> })
	.map((made) => ({ ...made, batchSize: Math.min(made.batchSize, made.maxItems) }));

const endings = fc.constantFrom<Ending>(
	...([
		"ok",
		"ok",
		"ok",
		"rejects_some",
		"transient",
		"transient",
		"asks_for_30",
		"final",
		"unreachable",
		"unauthorized",
		"too_large",
	] as const),
);
const itemArbitrary = fc.tuple(
	fc.integer({ min: 0, max: 3 }),
	fc.constantFrom(undefined, undefined, "a", "b", "c"),
	fc.constantFrom(0, 1, 1, 2, 3, 5),
);
const commandArbitraries = [
	...Array.from({ length: 3 }, () =>
		fc.tuple(fc.array(itemArbitrary, { minLength: 1, maxLength: 4 }), fc.boolean()).map((all) => new Emit(...all)),
	),
	...Array.from({ length: 3 }, () => fc.tuple(fc.nat(5), endings).map((all) => new Settle(...all))),
	fc.tuple(fc.nat(5), fc.integer({ min: 2, max: 3 })).map((all) => new Halve(...all)),
	fc.tuple(endings, fc.boolean()).map((all) => new AnswerAtOnce(...all)),
	...Array.from({ length: 2 }, () => fc.constantFrom(1, 7, 8, 15, 20, 30).map((ms) => new Advance(ms))),
	fc.constantFrom(0, 5, 40).map((ms) => new Flush(ms)),
	fc.constant(new Advance(1_000)),
	// Nine tenths of these fall between the milliseconds in which all the rest happens.
	fc.constantFrom(5, 45, 95).map((ms) => new Close(ms)),
];

/** Histories of an exporter, each held against the truth after every step, and what it told at the end. */
export const exporterProperty: fc.IAsyncProperty<[Case, Iterable<Command>]> = fc.asyncProperty(
	caseArbitrary,
	fc.commands(commandArbitraries, { maxCommands: 30, size: "max" }),
	async (given, commands) => {
		await fc.asyncModelRun(() => {
			const real = new Real(given);
			return { model: real.truth, real };
		}, [...commands, new Drain()]);
	},
);
