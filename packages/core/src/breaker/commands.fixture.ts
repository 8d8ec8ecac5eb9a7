/** What may happen to a breaker, as commands that are given to the model and to the real one alike. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { CircuitOpenError } from "../error.ts";
import { Model, type ModelCall, type ModelSnapshot, type Refused } from "./model.fixture.ts";
import { type Ending, endings, Real, type RealCall } from "./real.fixture.ts";
import { breakerSettings, type CircuitBreakerOptions } from "./settings.ts";

/** What the breaker did that the model says it must not. */
export class Violation extends Error {}

function same(actual: unknown, expected: unknown, what: string): void {
	if (isDeepStrictEqual(actual, expected)) return;
	throw new Violation(`${what}: the model has ${JSON.stringify(expected)}, the breaker ${JSON.stringify(actual)}`);
}

/** Both, side by side, with the calls that run through them. */
interface Expected {
	readonly model: Model;
	readonly running: ModelCall[];
	saved: ModelSnapshot | undefined;
}

interface Actual {
	readonly real: Real;
	readonly running: RealCall[];
}

type Command = fc.AsyncCommand<Expected, Actual>;

function command(name: string, check: (expected: Expected) => boolean, run: Command["run"]): Command {
	return {
		check,
		async run(expected, actual) {
			await run(expected, actual);
			agree(expected, actual);
		},
		toString: () => name,
	};
}

const always = () => true;

function agree({ model }: Expected, { real }: Actual): void {
	same(real.changes, model.changes, "changes");
	const { state, breaker } = { state: real.breaker.state, breaker: real.breaker };
	same(state, model.state, "state");
	const { failures, calls, failureRateRatio, slowCallRateRatio } = breaker.snapshot();
	const figures = { failures, calls, failureRateRatio, slowCallRateRatio };
	same(JSON.stringify(figures), JSON.stringify({ ...figuresOf(model) }), "figures");
}

function figuresOf({ figures }: Model): object {
	const { failures, calls, failureRateRatio, slowCallRateRatio } = figures;
	return { failures, calls, failureRateRatio, slowCallRateRatio };
}

const begin = fc.constantFrom("promise" as const, "stream" as const).map((kind) =>
	command(`begin(${kind})`, always, async ({ model, running }, actual) => {
		const expected = model.begin(kind === "promise" ? "at its end" : "at once");
		const begun = await actual.real.begin(kind);
		same("call" in begun ? "let in" : "refused", isRefused(expected) ? "refused" : "let in", "a call is");
		if ("call" in begun) {
			actual.running.push(begun.call);
			running.push(expected as ModelCall);
			return;
		}
		const { refused } = begun;
		same(refused instanceof CircuitOpenError, true, "the refusal is a CircuitOpenError");
		same((refused as CircuitOpenError).retryAfterMs, (expected as Refused).retryAfterMs, "retryAfterMs");
	}),
);

function isRefused(begun: ModelCall | Refused): begun is Refused {
	return "retryAfterMs" in begun;
}

const ends: fc.Arbitrary<Ending> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant<Ending>("ok") },
	{ weight: 4, arbitrary: fc.constant<Ending>("error") },
	{ weight: 3, arbitrary: fc.constantFrom(...(Object.keys(endings) as Ending[])) },
);

const end = fc.tuple(fc.nat(5), ends).map(([which, ending]) =>
	command(
		`end(${which}, ${ending})`,
		({ running }) => running.length > 0,
		async ({ model, running }, actual) => {
			const index = which % running.length;
			const [expected] = running.splice(index, 1) as [ModelCall];
			const [call] = actual.running.splice(index, 1) as [RealCall];
			model.end(expected, endings[ending].verdict);
			await call.end(ending);
		},
	),
);

const advance = fc.oneof(fc.nat(20), fc.integer({ min: 20, max: 150 })).map((ms) =>
	command(`advance(${ms})`, always, async ({ model }, { real }) => {
		model.nowMs += ms;
		await real.clock.advance(ms);
	}),
);

const byHand = fc.constantFrom("closed" as const, "forced_open" as const, "disabled" as const).map((to) =>
	command(`byHand(${to})`, always, async ({ model }, { real }) => {
		model.byHand(to);
		if (to === "closed") real.breaker.reset();
		else if (to === "disabled") real.breaker.disable();
		else real.breaker.forceOpen();
	}),
);

const save = fc.constant(
	command("save", always, async (expected, { real }) => {
		expected.saved = expected.model.save();
		real.saved = JSON.stringify(real.breaker.snapshot());
	}),
);

const restore = fc.constant(
	command(
		"restore",
		({ saved }) => saved !== undefined,
		async ({ model, saved }, { real }) => {
			model.restore(saved as ModelSnapshot);
			real.breaker.restore(JSON.parse(real.saved as string));
		},
	),
);

const move = fc.constantFrom("new" as const, "old" as const).map((stages) =>
	command(`move(${stages})`, always, async ({ model }, { real }) => {
		const snapshot = model.save();
		model.forget();
		model.restore(snapshot);
		real.move(stages);
	}),
);

/** Histories: calls mostly. Those with a steering hand in them seldom get far by themselves. */
export const historyArbitrary: fc.Arbitrary<Iterable<Command>> = fc.oneof(
	fc.commands([begin, begin, end, end, advance], { maxCommands: 60, size: "max" }),
	fc.commands([begin, begin, begin, end, end, end, advance, byHand, save, restore, move], {
		maxCommands: 60,
		size: "max",
	}),
);

const small = (max: number) => fc.integer({ min: 1, max });
const share = fc.constantFrom(0.2, 0.3, 0.5, 0.7, 1);
const common = {
	successThreshold: small(3),
	openMs: fc.integer({ min: 10, max: 100 }),
	probes: small(3),
	mode: fc.oneof({ weight: 5, arbitrary: fc.constant("enforce" as const) }, fc.constant("monitor" as const)),
};
const slowness = fc.oneof(
	fc.constant({}),
	fc.record({ slowCallMs: fc.integer({ min: 5, max: 40 }) }),
	fc.record({ slowCallMs: fc.integer({ min: 5, max: 40 }), slowCallRateRatio: share }),
);

export const optionsArbitrary: fc.Arbitrary<CircuitBreakerOptions> = fc.oneof(
	fc.record({ ...common, failureThreshold: small(4) }),
	fc
		.tuple(fc.record({ ...common, failureRateRatio: share }), slowness, small(6), small(6))
		.map(([options, slow, calls, minimumCalls]) => ({
			...{ ...options, ...slow },
			window: { calls },
			minimumCalls: Math.min(calls, minimumCalls),
		})),
	fc
		.tuple(fc.record({ ...common, failureRateRatio: share }), slowness, fc.integer({ min: 7, max: 200 }), small(4))
		.map(([options, slow, durationMs, minimumCalls]) => ({
			...{ ...options, ...slow, minimumCalls },
			window: { durationMs },
		})),
);

/** Runs one history through both; throws where they part. */
export async function runHistory(options: CircuitBreakerOptions, history: Iterable<Command>): Promise<void> {
	const expected: Expected = { model: new Model(breakerSettings(options)), running: [], saved: undefined };
	const actual: Actual = { real: new Real(options), running: [] };
	await fc.asyncModelRun(() => ({ model: expected, real: actual }), history);
	sameEvents(expected, actual);
	await sameMetrics(expected, actual);
}

const eventOf = {
	closed: "closed",
	disabled: "closed",
	open: "opened",
	forced_open: "opened",
	half_open: "half_opened",
};

function sameEvents({ model }: Expected, { real }: Actual): void {
	same(
		real.sink.events.map(({ name, attributes }) => [name, attributes["circuit_breaker.reason"]]),
		model.changes.map(({ to, reason }) => [`circuit_breaker.${eventOf[to]}`, reason]),
		"events",
	);
}

async function sameMetrics({ model }: Expected, { real }: Actual): Promise<void> {
	const collected = await real.metrics.collect();
	const values = (metric: string, ...labels: string[]) => {
		const points = collected.get(`pipeline.circuit_breaker.${metric}`)?.points ?? [];
		const named = points.map(({ attributes, value }) => [
			labels.map((label) => attributes[`circuit_breaker.${label}`]).join(" "),
			value,
		]);
		return Object.fromEntries(named.filter(([, value]) => value !== 0));
	};
	same(sorted(values("calls", "result", "slow")), sorted(model.counts), "calls counted");
	same(
		sorted(values("transitions", "from_state", "state", "reason")),
		sorted(model.transitions),
		"transitions counted",
	);
	same(values("state", "state"), { [model.state]: 1 }, "state measured");
	const rounded = (seconds: object) =>
		sorted(Object.fromEntries(Object.entries(seconds).map(([key, value]) => [key, Math.round(value * 1e6)])));
	same(
		Object.values(rounded(values("time_in_state", "state"))),
		Object.values(rounded(model.secondsInState())).filter((value) => value !== 0),
		"time in state",
	);
}

function sorted(values: object): object {
	return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
