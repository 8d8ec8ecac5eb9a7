// Over 250 lines: the model, the commands and how they are compared are read together.
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { BulkheadFullError, type Call, type Handler, TimeoutError } from "../index.ts";
import { bulkhead } from "../middleware/bulkhead.ts";
import { type ManualClock, manualClock, testCall } from "../testing/index.ts";

/** What a bulkhead did that its model did not. */
export class Violation extends Error {}

interface Case {
	readonly concurrency: number;
	readonly queueSize: number;
	readonly maxWaitMs: number | undefined;
}

type State = "waiting" | "running" | "ended" | "refused" | "expired" | "aborted" | "thrown";
type Kind = "promise" | "stream" | "throws";

interface ModelCall {
	state: State;
	readonly kind: Kind;
	readonly dueMs: number;
	isAborted: boolean;
}

/** A bulkhead in a few lines: who is in, and who waits in which order. */
interface Model extends Case {
	nowMs: number;
	readonly calls: ModelCall[];
	readonly line: number[];
	/** In the order they began. */
	readonly begun: number[];
}

interface RealCall {
	readonly aborting: AbortController;
	state: State;
	stream?: AsyncIterator<unknown>;
	finish?: (how: "resolve" | "reject") => void;
}

interface Real {
	readonly clock: ManualClock;
	readonly handler: Handler;
	readonly calls: RealCall[];
	readonly begun: number[];
	readonly name: string;
}

const never = Number.POSITIVE_INFINITY;
const running = (model: Model) => model.calls.filter(({ state }) => state === "running").length;

function begin(model: Model, id: number): void {
	const call = model.calls[id] as ModelCall;
	model.begun.push(id);
	call.state = call.kind === "throws" ? "thrown" : "running";
	if (call.kind === "throws") free(model);
}

/** A place is free: the first in line has it. */
function free(model: Model): void {
	while (running(model) < model.concurrency && model.line.length > 0) begin(model, model.line.shift() as number);
}

function leaveLine(model: Model, id: number, state: State): void {
	model.line.splice(model.line.indexOf(id), 1);
	(model.calls[id] as ModelCall).state = state;
}

async function compare(model: Model, real: Real): Promise<void> {
	await nextTurn();
	const say = (what: string, expected: unknown, actual: unknown) => {
		if (JSON.stringify(expected) !== JSON.stringify(actual)) {
			throw new Violation(`${what}: the model has ${JSON.stringify(expected)}, the bulkhead ${JSON.stringify(actual)}`);
		}
	};
	say("calls begin in order", model.begun, real.begun);
	say(
		"state of the calls",
		model.calls.map(({ state }) => state),
		real.calls.map(({ state }) => state),
	);
	const limited = model.line.filter((id) => (model.calls[id] as ModelCall).dueMs < never);
	say("alarms that are set", limited.length, real.clock.pendingSleeps);
}

type Command = fc.AsyncCommand<Model, Real>;

class MakeCall implements Command {
	readonly kind: Kind;
	readonly deadlineMs: number | undefined;
	readonly isAborted: boolean;

	constructor(kind: Kind, deadlineMs: number | undefined, isAborted: boolean) {
		this.kind = kind;
		this.deadlineMs = deadlineMs;
		this.isAborted = isAborted;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		const { kind, deadlineMs, isAborted } = this;
		const id = model.calls.length;
		const waitMs = Math.min(model.maxWaitMs ?? never, deadlineMs ?? never);
		const call: ModelCall = { state: "waiting", kind, dueMs: model.nowMs + waitMs, isAborted };
		model.calls.push(call);
		if (running(model) < model.concurrency) begin(model, id);
		else if (model.line.length >= model.queueSize) call.state = "refused";
		else if (isAborted) call.state = "aborted";
		else if (waitMs <= 0) call.state = "expired";
		else model.line.push(id);
		makeCall(real, kind, deadlineMs, isAborted);
		await compare(model, real);
	}

	toString = () => `call(${this.kind}, deadline ${this.deadlineMs}${this.isAborted ? ", aborted" : ""})`;
}

function makeCall(real: Real, kind: Kind, deadlineMs: number | undefined, isAborted: boolean): void {
	const id = real.calls.length;
	const aborting = new AbortController();
	const call: RealCall = { aborting, state: "waiting" };
	real.calls.push(call);
	if (isAborted) aborting.abort("aborted");
	const made = testCall({ name: real.name, input: [id, kind], signal: aborting.signal, clock: real.clock });
	const given: Call = deadlineMs === undefined ? made : { ...made, deadlineMs: real.clock.monotonicMs() + deadlineMs };
	const failed = (error: unknown) => {
		if (error === "aborted") call.state = "aborted";
		else if (error === "thrown") call.state = "thrown";
		else if (error instanceof TimeoutError) call.state = "expired";
		else if (!(error instanceof BulkheadFullError)) call.state = "ended";
		else call.state = error.message.includes("became free") ? "expired" : "refused";
	};
	try {
		const answered = (value: unknown) => {
			if (typeof value === "object" && value !== null) call.stream = value as AsyncIterator<unknown>;
			else call.state = "ended";
		};
		Promise.resolve(real.handler(given)).then(answered, failed);
	} catch (error) {
		failed(error);
	}
}

/** Ends one of those that run: in one of the ways its kind can end. */
class Finish implements Command {
	readonly which: number;
	readonly how: "resolve" | "reject" | "return";

	constructor(which: number, how: "resolve" | "reject" | "return") {
		this.which = which;
		this.how = how;
	}

	check = (model: Readonly<Model>) => running(model as Model) > 0;

	async run(model: Model, real: Real): Promise<void> {
		const ids = model.calls.flatMap(({ state }, id) => (state === "running" ? [id] : []));
		await finish(model, real, ids[this.which % ids.length] as number, this.how);
	}

	toString = () => `finish(${this.which}, ${this.how})`;
}

async function finish(model: Model, real: Real, id: number, how: Finish["how"]): Promise<void> {
	(model.calls[id] as ModelCall).state = "ended";
	free(model);
	const { stream, finish } = real.calls[id] as RealCall;
	const isOver = () => {
		(real.calls[id] as RealCall).state = "ended";
	};
	if (stream === undefined) finish?.(how === "reject" ? "reject" : "resolve");
	else if (how === "return") void stream.return?.().then(isOver);
	else {
		void stream.next().then(isOver, isOver);
		await nextTurn();
		finish?.(how);
	}
	await compare(model, real);
}

class Abort implements Command {
	readonly which: number;

	constructor(which: number) {
		this.which = which;
	}

	check = (model: Readonly<Model>) => model.calls.length > 0;

	async run(model: Model, real: Real): Promise<void> {
		const id = this.which % model.calls.length;
		if (model.line.includes(id)) leaveLine(model, id, "aborted");
		real.calls[id]?.aborting.abort("aborted");
		await compare(model, real);
	}

	toString = () => `abort(${this.which})`;
}

class Advance implements Command {
	readonly ms: number;

	constructor(ms: number) {
		this.ms = ms;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.nowMs += this.ms;
		for (const id of [...model.line]) {
			if ((model.calls[id] as ModelCall).dueMs <= model.nowMs) leaveLine(model, id, "expired");
		}
		await real.clock.advance(this.ms);
		await compare(model, real);
	}

	toString = () => `advance(${this.ms})`;
}

/** As many as have a place and no more have one in the end: none was lost, none was given away twice. */
class Drain implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		for (;;) {
			const id = model.calls.findIndex(({ state }) => state === "running");
			if (id < 0) break;
			await finish(model, real, id, "resolve");
		}
		for (let call = 0; call < model.concurrency + model.queueSize + 1; call++) {
			await new MakeCall("promise", undefined, false).run(model, real);
		}
	}

	toString = () => "drain";
}

let runs = 0;

function setUp({ concurrency, queueSize, maxWaitMs }: Case): { model: Model; real: Real } {
	const middleware = bulkhead({ concurrency, queueSize, ...(maxWaitMs !== undefined && { maxWaitMs }) });
	const begun: number[] = [];
	const calls: RealCall[] = [];
	const handler = middleware((call) => {
		const [id, kind] = call.input as [number, Kind];
		begun.push(id);
		const real = calls[id] as RealCall;
		real.state = "running";
		if (kind === "throws") throw "thrown";
		const ending = new Promise<undefined>((resolve, reject) => {
			real.finish = (how) => (how === "reject" ? reject("rejected") : resolve(undefined));
		});
		return kind === "promise" ? ending : endsWith(ending);
	});
	return {
		model: { concurrency, queueSize, maxWaitMs, nowMs: 0, calls: [], line: [], begun: [] },
		real: { clock: manualClock(), handler, calls, begun, name: `stage-${runs++}` },
	};
}

function endsWith(ending: Promise<undefined>): AsyncIterator<unknown> & AsyncIterable<unknown> {
	return {
		next: () => ending.then(() => ({ done: true, value: undefined })),
		return: async () => ({ done: true, value: undefined }),
		[Symbol.asyncIterator]() {
			return this;
		},
	};
}

const caseArbitrary: fc.Arbitrary<Case> = fc
	.record({
		concurrency: fc.integer({ min: 1, max: 3 }),
		queueSize: fc.integer({ min: 0, max: 3 }),
		maxWaitMs: fc.option(fc.constantFrom(5, 10, 20), { nil: undefined }),
	})
	.map((made) => (made.queueSize === 0 ? { ...made, maxWaitMs: undefined } : made));

const commandArbitraries = [
	fc
		.tuple(
			fc.constantFrom<Kind>("promise", "promise", "stream", "throws"),
			fc.option(fc.constantFrom(0, 5, 15), { nil: undefined, freq: 3 }),
			fc.integer({ min: 0, max: 9 }),
		)
		.map(([kind, deadlineMs, dice]) => new MakeCall(kind, deadlineMs, dice === 0)),
	fc
		.tuple(fc.nat(5), fc.constantFrom<Finish["how"]>("resolve", "reject", "return"))
		.map(([which, how]) => new Finish(which, how)),
	fc.nat(20).map((which) => new Abort(which)),
	fc.constantFrom(1, 4, 5, 10, 20).map((ms) => new Advance(ms)),
];

/** Histories of a bulkhead, each held against the model after every step. */
export const bulkheadProperty: fc.IAsyncProperty<[Case, Iterable<Command>]> = fc.asyncProperty(
	caseArbitrary,
	fc.commands(commandArbitraries, { maxCommands: 25 }),
	async (given, commands) => {
		await fc.asyncModelRun(() => setUp(given), [...commands, new Drain()]);
	},
);
