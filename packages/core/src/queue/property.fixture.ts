// Over 250 lines: what is done to a queue, and how that is held against the model, is read together.
import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import { ChunkQueue, footlight, QueueClosedError, QueueFullError, type QueueWait, TimeoutError } from "../index.ts";
import { type ManualClock, manualClock } from "../testing/index.ts";
import { type Case, type Fate, type Item, Model, type Wait } from "./model.fixture.ts";

/** What a queue did that its model did not. */
export class Violation extends Error {}

interface Waiter {
	readonly aborting: AbortController;
	fate: Fate;
}

/** A queue, and what became of everything that was asked of it. */
interface Real {
	readonly clock: ManualClock;
	readonly queue: ChunkQueue<Item>;
	readonly metrics: RecordedMetrics;
	readonly puts: Waiter[];
	readonly takes: Waiter[];
	readonly iterators: readonly AsyncIterableIterator<Item, undefined, undefined>[];
	readonly events: string[];
}

/** One thing that is asked of a queue; several may be asked before anybody has had a turn. */
type Step =
	| { readonly do: "put"; readonly bytes: number; readonly wait: Wait }
	| { readonly do: "tryPut"; readonly bytes: number }
	| { readonly do: "take"; readonly wait: Wait }
	| { readonly do: "takeMany"; readonly max: number; readonly wait: Wait }
	| { readonly do: "tryTake" }
	| { readonly do: "next" | "return"; readonly iterator: number }
	| { readonly do: "abortPut" | "abortTake"; readonly which: number }
	| { readonly do: "close" | "fail" };

const plain: Wait = { isPlain: true, timeoutMs: undefined, isAborted: false };
const failure = new TypeError("the source is gone");

function ask(model: Model, real: Real, step: Step): void {
	switch (step.do) {
		case "put":
			model.put(step.bytes, step.wait);
			put(real, step.bytes, step.wait);
			return;
		case "tryPut": {
			model.tryPut(step.bytes);
			const made = waiter(real.puts);
			made.fate = String(real.queue.tryPut({ id: real.puts.length - 1, bytes: step.bytes }));
			return;
		}
		case "take":
			model.take(step.wait);
			takes(real, step.wait, (options) => real.queue.take(options));
			return;
		case "takeMany":
			model.takeMany(step.max, step.wait);
			takeMany(real, step.max, step.wait);
			return;
		case "tryTake":
			model.tryTake();
			tryTake(real);
			return;
		case "next":
			model.next(step.iterator);
			takes(real, plain, () => (real.iterators[step.iterator] as (typeof real.iterators)[0]).next());
			return;
		case "return":
			model.return(step.iterator);
			void real.iterators[step.iterator]?.return?.();
			return;
		case "abortPut":
		case "abortTake": {
			const [all, fates] = step.do === "abortPut" ? [real.puts, model.puts] : [real.takes, model.takes];
			// Now and then one who waits no longer.
			const waiting = fates.flatMap((fate, id) => (fate === "waits" || step.which === 0 ? [id] : []));
			const id = waiting[step.which % waiting.length];
			if (id === undefined) return;
			model[step.do](id);
			all[id]?.aborting.abort("aborted");
			return;
		}
		case "close":
			model.end("closed");
			real.queue.close();
			return;
		case "fail":
			model.end("failed");
			real.queue.fail(failure);
			return;
	}
}

function waiter(among: Waiter[], isAborted = false): Waiter {
	const made: Waiter = { aborting: new AbortController(), fate: "waits" };
	if (isAborted) made.aborting.abort("aborted");
	among.push(made);
	return made;
}

function optionsOf({ isPlain, timeoutMs }: Wait, { aborting }: Waiter): QueueWait | undefined {
	return isPlain ? undefined : { signal: aborting.signal, ...(timeoutMs !== undefined && { timeoutMs }) };
}

function put(real: Real, bytes: number, wait: Wait): void {
	const made = waiter(real.puts, wait.isAborted);
	const waits = real.queue.put({ id: real.puts.length - 1, bytes }, optionsOf(wait, made));
	if (waits === undefined) made.fate = "in";
	else settles(made, waits, () => "accepted");
}

function takes(
	real: Real,
	wait: Wait,
	take: (options: QueueWait | undefined) => Promise<IteratorResult<Item, undefined>>,
): void {
	const made = waiter(real.takes, wait.isAborted);
	settles(made, take(optionsOf(wait, made)), (step) => (step.done ? "end" : `${step.value.id}`));
}

function takeMany(real: Real, max: number, wait: Wait): void {
	const made = waiter(real.takes, wait.isAborted);
	const taken = real.queue.takeMany(max, optionsOf(wait, made));
	if (Array.isArray(taken)) made.fate = `now ${taken.map(({ id }) => id)}`;
	else settles(made, taken, (items) => `later ${items.map(({ id }) => id)}`);
}

function tryTake(real: Real): void {
	const made = waiter(real.takes);
	try {
		const step = real.queue.tryTake();
		made.fate = step === undefined ? "none" : step.done ? "end" : `${step.value.id}`;
	} catch (error) {
		made.fate = fateOf(error);
	}
}

function settles<V>(made: Waiter, promise: Promise<V>, fate: (value: V) => Fate): void {
	const settled = (now: Fate) => {
		made.fate = made.fate === "waits" ? now : `${made.fate}, then ${now}`;
	};
	promise.then(
		(value) => settled(fate(value)),
		(error) => settled(fateOf(error)),
	);
}

function fateOf(error: unknown): Fate {
	if (error === "aborted") return "aborted";
	if (error === failure) return "failed";
	if (error instanceof TimeoutError) return "timeout";
	if (error instanceof QueueClosedError) return "closed";
	if (error instanceof QueueFullError) return "full";
	return error instanceof RangeError ? "too large" : String(error);
}

function say(what: string, expected: unknown, actual: unknown): void {
	if (JSON.stringify(expected) !== JSON.stringify(actual)) {
		throw new Violation(`${what}: the model has ${JSON.stringify(expected)}, the queue ${JSON.stringify(actual)}`);
	}
}

async function compare(model: Model, real: Real): Promise<void> {
	// Whoever has been let in hears of it in the next turn, at the latest.
	await nextTurn();
	await nextTurn();
	const fates = (all: readonly Waiter[]) => all.map(({ fate }) => fate);
	say("puts", model.puts, fates(real.puts));
	say("takes", model.takes, fates(real.takes));
	const { name, policy, capacity, peakSize, totalDropped, ...figures } = real.queue.snapshot();
	say("figures", figuresOf(model), figures);
	say("peak", model.peak, peakSize);
	say("events", model.events, real.events);
	for (const { aborting, fate } of [...real.puts, ...real.takes]) {
		if (fate === "waits") continue;
		say("listeners of one who waits no longer", 0, getEventListeners(aborting.signal, "abort").length);
	}
}

function figuresOf(model: Model): object {
	return {
		size: model.items.length,
		bytes: model.bytes,
		isClosed: model.ending !== undefined,
		isThrottled: model.isThrottled,
		itemsIn: model.itemsIn,
		itemsOut: model.itemsOut,
		dropped: model.dropped,
		blockedPuts: model.blockedPuts,
		blockedProducers: model.producers.length,
		waitingConsumers: model.consumers.length,
		blockedMs: model.blockedMs,
		throttledMs: model.throttledMs,
	};
}

async function collect(model: Model, real: Real): Promise<void> {
	const collected = await real.metrics.collect();
	const found: Record<string, number> = {};
	for (const [name, { points }] of collected) {
		if (!name.startsWith("pipeline.stream.") || name.endsWith("first_item")) continue;
		for (const { attributes, value } of points) {
			const { "stream.direction": direction, "stream.drop_reason": reason } = attributes;
			found[[name.slice("pipeline.stream.".length), direction ?? reason ?? ""].join(" ").trim()] =
				Math.round(value * 1e6) / 1e6;
		}
	}
	const expected = {
		"queue.depth": model.items.length,
		"queue.capacity": model.ending === undefined ? model.given.capacity : 0,
		"queue.depth_max": model.peakNow,
		"items in": model.itemsIn,
		"items out": model.itemsOut,
		...Object.fromEntries(Object.entries(model.dropped).map(([reason, items]) => [`dropped ${reason}`, items])),
		"producer.blocked_time": model.blockedMs / 1_000,
		throttled_time: model.throttledMs / 1_000,
	};
	say("metrics", expected, found);
	model.peakNow = model.items.length;
}

type Command = fc.AsyncCommand<Model, Real>;

class Ask implements Command {
	readonly steps: readonly Step[];

	constructor(steps: readonly Step[]) {
		this.steps = steps;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		for (const step of this.steps) ask(model, real, step);
		await compare(model, real);
	}

	toString = () => `ask(${this.steps.map((step) => JSON.stringify(step)).join(", ")})`;
}

class Advance implements Command {
	readonly ms: number;

	constructor(ms: number) {
		this.ms = ms;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.advance(this.ms);
		await real.clock.advance(this.ms);
		await compare(model, real);
	}

	toString = () => `advance(${this.ms})`;
}

class Collect implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		await collect(model, real);
	}

	toString = () => "collect";
}

/** Everything comes out in the end, nobody waits any more, and the figures say what was. */
class Drain implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		await new Ask([{ do: "close" }]).run(model, real);
		const takes: Step[] = Array.from({ length: model.items.length + 1 }, () => ({ do: "next", iterator: 2 }));
		await new Ask(takes).run(model, real);
		await new Ask([{ do: "put", bytes: 1, wait: plain }]).run(model, real);
		await new Advance(5_000).run(model, real);
		await collect(model, real);
		say(
			"waiting",
			[],
			[...model.puts, ...model.takes].filter((fate) => fate === "waits"),
		);
		const told = model.events.map((event) => /"stream.dropped":(\d+)/.exec(event)?.[1] ?? 0);
		const dropped = told.reduce((sum: number, items) => sum + Number(items), 0);
		say("drops that were told", dropped, real.queue.snapshot().totalDropped);
	}

	toString = () => "drain";
}

function setUp(given: Case): { model: Model; real: Real } {
	const clock = manualClock();
	const metrics = recordMetrics();
	const events: string[] = [];
	const { maxBytes, ...options } = given;
	const light = footlight("pipeline", { meterProvider: metrics.meterProvider });
	const make = light.stage("stage", () => {
		const onEvent = (name: string, attributes: object) => events.push(`${name} ${JSON.stringify(attributes)}`);
		const sized = maxBytes !== undefined && { maxBytes, sizeOf: ({ bytes }: Item) => bytes };
		return [new ChunkQueue<Item>({ name: "chunks", clock, onEvent, ...options, ...sized })];
	});
	const [queue] = make() as [ChunkQueue<Item>];
	const iterators = [queue[Symbol.asyncIterator](), queue.values(), queue.values()];
	return { model: new Model(given), real: { clock, metrics, queue, puts: [], takes: [], iterators, events } };
}

const caseArbitrary: fc.Arbitrary<Case> = fc
	.record({
		capacity: fc.constantFrom(1, 2, 3, 4, 20),
		maxBytes: fc.constantFrom(undefined, undefined, 4, 6, 25),
		policy: fc.constantFrom("block", "block", "block", "drop-oldest", "drop-newest", "reject"),
		ratios: fc.constantFrom([0.8, 0.2], [0.5, 0.25], [1, 0], [0.75, 0.5]),
		eventIntervalMs: fc.constantFrom(0, 613),
	})
	.map(({ ratios, ...given }) => ({
		...given,
		highWaterRatio: ratios[0] as number,
		lowWaterRatio: ratios[1] as number,
	}));

const wait: fc.Arbitrary<Wait> = fc.oneof(
	fc.constant(plain),
	fc.record({
		isPlain: fc.constant(false),
		timeoutMs: fc.constantFrom(undefined, 4, 8, 16),
		isAborted: fc.integer({ min: 0, max: 7 }).map((dice) => dice === 0),
	}),
);
const bytes = fc.constantFrom(1, 1, 1, 2, 3, 5);

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 8, arbitrary: fc.record({ do: fc.constant("put"), bytes, wait }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("tryPut"), bytes }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("take"), wait }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("takeMany"), max: fc.integer({ min: 1, max: 4 }), wait }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("tryTake") }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("next"), iterator: fc.nat(1) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("return"), iterator: fc.nat(1) }) },
	{ weight: 4, arbitrary: fc.record({ do: fc.constantFrom("abortPut", "abortTake"), which: fc.nat(20) }) },
) as fc.Arbitrary<Step>;
/** Producers that are faster than consumers, and some that leave. */
const rushArbitrary = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("put"), bytes, wait }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("abortPut"), which: fc.nat(6) }) },
) as fc.Arbitrary<Step>;
const endArbitrary = fc.record({ do: fc.constantFrom("close", "close", "fail") }) as fc.Arbitrary<Step>;

const tryPuts = (count: number): Step[] => Array.from({ length: count }, () => ({ do: "tryPut", bytes: 1 }));
const tryTakes = (count: number): Step[] => Array.from({ length: count }, () => ({ do: "tryTake" }));

const commandArbitraries = [
	fc.array(stepArbitrary, { minLength: 1, maxLength: 4, size: "max" }).map((steps) => new Ask(steps)),
	fc.array(stepArbitrary, { minLength: 1, maxLength: 12, size: "max" }).map((steps) => new Ask(steps)),
	fc.array(rushArbitrary, { minLength: 1, maxLength: 6, size: "max" }).map((steps) => new Ask(steps)),
	// As many as make a ring grow, in which the first is not at its beginning.
	fc
		.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 3 }))
		.map(
			([dice, taken]) => new Ask(dice === 0 ? [...tryPuts(5), ...tryTakes(taken), ...tryPuts(20)] : tryTakes(taken)),
		),
	fc
		.tuple(stepArbitrary, fc.integer({ min: 0, max: 15 }), endArbitrary)
		.map(([step, dice, end]) => new Ask(dice === 0 ? [step, end] : [step])),
	fc.constantFrom(4, 8, 20, 600).map((ms) => new Advance(ms)),
	fc.constant(new Collect()),
];

/** Histories of a queue, each held against the model after every step. */
export const queueProperty: fc.IAsyncProperty<[Case, Iterable<Command>]> = fc.asyncProperty(
	caseArbitrary,
	fc.commands(commandArbitraries, { maxCommands: 25, size: "max" }),
	async (given, commands) => {
		await fc.asyncModelRun(() => setUp(given), [...commands, new Drain()]);
	},
);
