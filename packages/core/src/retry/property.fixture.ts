import fc from "fast-check";
import { CircuitOpenError, TimeoutError } from "../index.ts";
import { compare, compareTelemetry } from "./compare.fixture.ts";
import { type Case, type Ending, Model, type ModelCall, type Verdict } from "./model.fixture.ts";
import { brokenOff, Real } from "./real.fixture.ts";

export { Violation } from "./compare.fixture.ts";

type Command = fc.AsyncCommand<Model, Real>;

class MakeCall implements Command {
	readonly deadlineInMs: number | undefined;
	readonly isStream: boolean;

	constructor(deadlineInMs: number | undefined, isStream: boolean) {
		this.deadlineInMs = deadlineInMs;
		this.isStream = isStream;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.call(this.deadlineInMs, this.isStream);
		await real.call(this.deadlineInMs, this.isStream);
		compare(model, real);
	}

	toString = () => `call(${this.isStream ? "stream" : "value"}, deadline ${this.deadlineInMs})`;
}

const fails = (error: unknown, is: Verdict, askedMs?: number): Ending => ({
	...{ kind: "fails", error, is },
	...(askedMs !== undefined && { askedMs }),
});
const withFields = (fields: object) => Object.assign(new Error("busy"), fields);
const asks = (askedMs: number) =>
	fails(withFields({ status: 429, headers: { "retry-after-ms": askedMs } }), "transient", askedMs);

const endings = {
	ok: () => ({ kind: "ok" }),
	"breaks off": () => ({ kind: "ok_then_breaks" }),
	reset: () => fails(withFields({ code: "ECONNRESET" }), "transient"),
	"too late": () => fails(new TimeoutError("ask", 5), "transient"),
	"asks for 30": () => asks(30),
	"asks for 100": () => asks(100),
	"asks for 101": () => asks(101),
	boom: () => fails(new Error("boom"), "final"),
	"a word": () => fails("boom", "final"),
	"an abort": () => fails(new DOMException("aborted", "AbortError"), "final"),
	"circuit open": () => fails(new CircuitOpenError("ask", 5), "never"),
} satisfies Record<string, () => Ending>;

class End implements Command {
	readonly which: number;
	readonly how: keyof typeof endings;

	constructor(which: number, how: keyof typeof endings) {
		this.which = which;
		this.how = how;
	}

	check = ({ calls }: Readonly<Model>) => calls.some(({ state }) => state === "running");

	async run(model: Model, real: Real): Promise<void> {
		const running = model.calls.flatMap(({ state }, id) => (state === "running" ? [id] : []));
		const id = running[this.which % running.length] as number;
		const ending = endings[this.how]() as Ending;
		model.end(id, ending, brokenOff);
		await real.end(id, ending);
		compare(model, real);
	}

	toString = () => `end(${this.which}, ${this.how})`;
}

class Abort implements Command {
	readonly which: number;
	readonly isTimeout: boolean;

	constructor(which: number, isTimeout: boolean) {
		this.which = which;
		this.isTimeout = isTimeout;
	}

	check = ({ calls }: Readonly<Model>) => calls.length > 0;

	async run(model: Model, real: Real): Promise<void> {
		const id = this.which % model.calls.length;
		if (model.calls[id]?.isAborted) return;
		const reason = new DOMException("given up", this.isTimeout ? "TimeoutError" : "AbortError");
		model.abort(id, reason);
		await real.abort(id, reason);
		compare(model, real);
	}

	toString = () => `abort(${this.which}${this.isTimeout ? ", timeout" : ""})`;
}

class Advance implements Command {
	readonly ms: number;

	constructor(ms: number) {
		this.ms = ms;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.advance(this.ms);
		await real.advance(this.ms);
		compare(model, real);
	}

	toString = () => `advance(${this.ms})`;
}

/** Fails a call again and again, each time as soon as it tries again. */
class KeepFailing implements Command {
	readonly which: number;
	readonly times: number;

	constructor(which: number, times: number) {
		this.which = which;
		this.times = times;
	}

	check = ({ calls }: Readonly<Model>) => calls.some(({ state }) => state === "running" || state === "waiting");

	async run(model: Model, real: Real): Promise<void> {
		const going = model.calls.filter(({ state }) => state === "running" || state === "waiting");
		const call = going[this.which % going.length] as ModelCall;
		for (let time = 0; time < this.times; time++) {
			if (call.state === "waiting") await new Advance(call.dueMs - model.nowMs).run(model, real);
			const running = model.calls.filter(({ state }) => state === "running");
			if (call.state === "running") await new End(running.indexOf(call), "reset").run(model, real);
		}
	}

	toString = () => `keepFailing(${this.which}, ${this.times} times)`;
}

/** Ends all that goes on; then everything that was told is compared. */
class Drain implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		while (model.calls.some(({ state }) => state === "running" || state === "waiting")) {
			await new Advance(2_000).run(model, real);
			for (const how of ["reset", "ok"] as const) {
				const end = new End(0, how);
				if (end.check(model)) await end.run(model, real);
			}
		}
		await compareTelemetry(model, real);
	}

	toString = () => "drain";
}

const caseArbitrary: fc.Arbitrary<Case> = fc
	.record({
		maxAttempts: fc.integer({ min: 1, max: 5 }),
		backoff: fc.constantFrom("exponential", "exponential", "linear", "constant"),
		jitter: fc.constantFrom("none", "none", "full", "equal", "decorrelated"),
		initialDelayMs: fc.constantFrom(0, 8, 40),
		maxDelayMs: fc.constantFrom(50, 1_000),
		maxElapsedMs: fc.option(fc.constantFrom(40, 120), { nil: undefined, freq: 2 }),
		retriesAll: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
		budget: fc.option(
			fc.record({ ratio: fc.constantFrom(0, 0.5, 1), minRetriesPerSecond: fc.constantFrom(0, 5, 10) }),
			{ nil: undefined, freq: 2 },
		),
	} satisfies { [Option in keyof Case]: fc.Arbitrary<Case[Option]> })
	.map((made) => (made.jitter === "decorrelated" ? { ...made, backoff: "exponential" } : made));

const commandArbitraries = [
	fc
		.tuple(fc.option(fc.constantFrom(0, 8, 40, 120), { nil: undefined, freq: 2 }), fc.boolean())
		.map(([deadlineInMs, isStream]) => new MakeCall(deadlineInMs, isStream)),
	...Array.from({ length: 2 }, () =>
		fc
			.tuple(fc.nat(5), fc.constantFrom("reset" as const, "reset" as const, ...(Object.keys(endings) as End["how"][])))
			.map(([which, how]) => new End(which, how)),
	),
	fc.tuple(fc.nat(20), fc.boolean()).map(([which, isTimeout]) => new Abort(which, isTimeout)),
	fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 5 })).map(([which, times]) => new KeepFailing(which, times)),
	fc.constantFrom(1, 8, 20, 40, 100, 400).map((ms) => new Advance(ms)),
];

/** Histories of a retry layer, each held against the model after every step, and what it told at the end. */
export const retryProperty: fc.IAsyncProperty<[Case, Iterable<Command>]> = fc.asyncProperty(
	caseArbitrary,
	fc.commands(commandArbitraries, { maxCommands: 30, size: "max" }),
	async (given, commands) => {
		await fc.asyncModelRun(() => ({ model: new Model(given), real: new Real(given) }), [...commands, new Drain()]);
	},
);
