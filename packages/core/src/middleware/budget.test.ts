import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	BudgetExceededError,
	type BudgetOptions,
	budget,
	type FootlightOptions,
	footlight,
	observe,
	ownPrices,
	RejectedError,
} from "../index.ts";
import {
	manualClock,
	middlewareContract,
	recordingLogger,
	recordingSink,
	recordingTracerProvider,
} from "../testing/index.ts";

middlewareContract("budget", () => budget({ name: "per-run", limitUsd: 1 }), {
	describe,
	it,
	events: ["budget.exceeded"],
});

/** A light whose stages spend what they are given. */
function setUp(options: BudgetOptions, more: FootlightOptions = {}) {
	const sink = recordingSink();
	const logger = recordingLogger("warn");
	const metrics = recordMetrics();
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", {
		use: [observe(), budget(options)],
		sinks: [sink],
		logger,
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		...more,
	});
	let calls = 0;
	const spend = light.stage("spend", async (usd: number) => {
		calls++;
		await null;
		light.current().addCost(usd);
	});
	return { light, spend, sink, logger, metrics, clock, tracerProvider, calls: () => calls };
}

const refused = (spentUsd: number) =>
	expect.objectContaining({ code: "budget_exceeded", budgetName: "b", limitUsd: 1, spentUsd });

describe("a budget of a run", () => {
	it("refuses the next call once the limit is reached, and so the run ends as rejected", async () => {
		const { light, spend, tracerProvider, calls } = setUp({ name: "b", limitUsd: 1 });
		const run = light.run(async () => {
			for (;;) await spend(0.4);
		});
		await expect(run).rejects.toEqual(refused(1.2));
		expect(calls()).toBe(3);
		const outcomes = tracerProvider.spans.map(({ name, attributes }) => [
			name,
			attributes.outcome,
			attributes["error.type"],
		]);
		expect(outcomes.slice(2)).toEqual([
			["spend", "ok", undefined],
			["spend", "rejected", "budget_exceeded"],
			["docs-qa", "rejected", "budget_exceeded"],
		]);
	});

	it("throws an error that says what was spent of what", async () => {
		const { light, spend } = setUp({ name: "b", limitUsd: 1 });
		const error = await light
			.run(async () => {
				await spend(1);
				await spend(1);
			})
			.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(BudgetExceededError);
		expect(error).toBeInstanceOf(RejectedError);
		expect((error as Error).message).toBe("[budget_exceeded] budget b: 1 of 1 US dollars are spent");
	});

	it("begins anew with each run, and holds for the runs inside it", async () => {
		const { light, spend, calls } = setUp({ name: "b", limitUsd: 1 });
		const nested = () => light.run(() => spend(0.6));
		for (let run = 0; run < 3; run++) await nested();
		await expect(
			light.run(async () => {
				await nested();
				await nested();
				await nested();
			}),
		).rejects.toEqual(refused(1.2));
		expect(calls()).toBe(5);
	});

	it("counts what the run spends outside of the calls it guards", async () => {
		const { light, spend, calls } = setUp({ name: "b", limitUsd: 1 });
		await expect(
			light.run(() => {
				light.current().addCost(1.5);
				return spend(1);
			}),
		).rejects.toEqual(refused(1.5));
		expect(calls()).toBe(0);
	});

	it("lets calls that run at the same time overshoot it, each by its own cost", async () => {
		const { light, spend } = setUp({ name: "b", limitUsd: 1 });
		await expect(
			light.run(async () => {
				await Promise.all([spend(0.9), spend(0.9), spend(0.9)]);
				await spend(0.1);
			}),
		).rejects.toEqual(refused(2.7));
	});

	it("stops a model by the price of its tokens", async () => {
		const prices = ownPrices({ m: { inputUsdPerMillionTokens: 500_000 } });
		const { light } = setUp({ name: "b", limitUsd: 1 }, { prices });
		const ask = light.stage("ask", async (_: unknown) => ({ model: "m", usage: { input_tokens: 1 } }), {
			kind: "model",
		});
		await expect(
			light.run(async () => {
				for (let call = 0; call < 3; call++) await ask({ model: "m" });
			}),
		).rejects.toEqual(refused(1));
	});

	it("refuses synchronous functions at once, and streams at their first item", async () => {
		const { light } = setUp({ name: "b", limitUsd: 1 });
		const now = light.stage("now", () => 1);
		const items = light.stage("items", async function* () {
			yield 1;
		});
		await light.run(async () => {
			light.current().addCost(1);
			expect(() => now()).toThrow(BudgetExceededError);
			const stream = items();
			await expect(stream.next()).rejects.toBeInstanceOf(BudgetExceededError);
		});
	});
});

describe("a budget of a key", () => {
	const perUser: BudgetOptions = { name: "b", limitUsd: 1, per: (call) => call.ids.userId };

	it("counts each key's own money, over all runs", async () => {
		const { light, spend } = setUp(perUser);
		const asked = (userId: string) => light.run({ userId }, () => spend(0.6));
		await asked("ada");
		await asked("ada");
		await asked("bob");
		await expect(asked("ada")).rejects.toEqual(refused(1.2));
		await asked("bob");
	});

	it("lets through what has no key", async () => {
		const { light, spend } = setUp(perUser);
		for (let run = 0; run < 5; run++) await light.run(() => spend(1));
	});

	it.each<[string, () => unknown]>([
		["null", () => null],
		["5", () => 5],
		["an object", () => ({})],
		["Symbol(ada)", () => Symbol("ada")],
		["an instance of Promise", async () => "ada"],
		["an instance of Promise", () => Promise.reject(new Error("boom"))],
	])("refuses a call whose key is %s: nothing would ever stop it", async (shown, per) => {
		const { light, spend, calls } = setUp({ ...perUser, onExceeded: "warn", per: per as () => string });
		const message = `budget: the key that per gives must be a string, or undefined for a call without a limit, got ${shown}`;
		await expect(spend(1)).rejects.toThrow(new TypeError(message));
		expect(() => light.stage("now", () => 1)()).toThrow(new TypeError(message));
		expect(calls()).toBe(0);
	});

	it("refuses a call whose key cannot be had, as its function fails", async () => {
		const { light, spend, calls } = setUp({
			...perUser,
			per() {
				throw new Error("boom");
			},
		});
		const refused = spend(1);
		await expect(refused).rejects.toThrow("boom");
		expect(() => light.stage("now", () => 1)()).toThrow("boom");
		expect(calls()).toBe(0);
	});

	it("counts afresh when its window is over", async () => {
		const { light, spend, clock, sink } = setUp({ ...perUser, windowMs: 1_000 });
		const asked = () => light.run({ userId: "ada" }, () => spend(1));
		await asked();
		await expect(asked()).rejects.toEqual(refused(1));
		await clock.advance(999);
		await expect(asked()).rejects.toEqual(refused(1));
		await clock.advance(1);
		await asked();
		await expect(asked()).rejects.toEqual(refused(1));
		expect(sink.names).toEqual(["budget.exceeded", "budget.exceeded"]);
	});

	it("keeps so many keys and forgets the one unused for longest", async () => {
		const { light, spend } = setUp({ ...perUser, maxKeys: 2 });
		const asked = (userId: string, usd = 1) => light.run({ userId }, () => spend(usd));
		await asked("ada");
		await asked("bob");
		await expect(asked("ada")).rejects.toEqual(refused(1));
		await asked("eve");
		await expect(asked("ada")).rejects.toEqual(refused(1));
		await asked("bob");
	});

	it("is told once of what is spent in calls inside one another", async () => {
		const { light, spend, metrics } = setUp({ name: "b", limitUsd: 1, per: "process" });
		await light.run(() => light.stage("outer", () => spend(0.3))());
		expect(await metrics.total("pipeline.cost.budget.spent_usd")).toBe(0.3);
	});
});

describe("what a budget tells", () => {
	it("is an event and a warning, once for each key, with the ids of the call", async () => {
		const { light, spend, sink, logger } = setUp({ name: "b", limitUsd: 1, onExceeded: "warn" });
		await light.run({ userId: "ada" }, async () => {
			for (let call = 0; call < 4; call++) await spend(0.6);
		});
		expect(sink.events).toMatchObject([
			{
				name: "budget.exceeded",
				attributes: {
					"budget.name": "b",
					"budget.limit_usd": 1,
					"budget.spent_usd": 1.2,
					"stage.name": "spend",
					"user.id": "ada",
				},
			},
		]);
		expect(logger.lines).toMatchObject([
			{ level: "warn", message: "budget b exceeded", fields: { "budget.spent_usd": 1.2 } },
		]);
	});

	it("is its limit and the most that any key has spent", async () => {
		const { light, spend, metrics } = setUp({ name: "b", limitUsd: 10, per: (call) => call.ids.userId });
		await light.run({ userId: "ada" }, () => spend(2));
		await light.run({ userId: "bob" }, () => spend(3));
		await light.run({ userId: "ada" }, () => spend(0.5));
		expect(await metrics.points("pipeline.cost.budget.limit_usd")).toEqual([
			{ attributes: { "budget.name": "b" }, value: 10 },
		]);
		expect(await metrics.points("pipeline.cost.budget.spent_usd")).toEqual([
			{ attributes: { "budget.name": "b" }, value: 3 },
		]);
	});
});

describe("budget refuses", () => {
	it.each<[unknown, string]>([
		[undefined, "TypeError: budget: name must be a string, got undefined"],
		[{ name: "b" }, "TypeError: budget: limitUsd must be a number above 0, got undefined"],
		[{ name: "b", limitUsd: 0 }, "RangeError: budget: limitUsd must be a number above 0, got 0"],
		[{ name: "b", limitUsd: Number.NaN }, "RangeError: budget: limitUsd must be a number above 0, got NaN"],
		[
			{ name: "b", limitUsd: 1, onExceeded: "shout" },
			'RangeError: budget: onExceeded must be one of stop, warn, got "shout"',
		],
		[{ name: "b", limitUsd: 1, per: "user" }, 'RangeError: budget: per must be one of run, process, got "user"'],
		[{ name: "b", limitUsd: 1, windowMs: 5 }, 'RangeError: budget: windowMs must be absent with per: "run", got 5'],
		[
			{ name: "b", limitUsd: 1, per: "process", windowMs: 0 },
			"RangeError: budget: windowMs must be a positive integer, got 0",
		],
		[{ name: "b", limitUsd: 1, maxKeys: 0 }, "RangeError: budget: maxKeys must be a positive integer, got 0"],
		[
			{ name: "b", limit: 1 },
			'TypeError: budget: unknown option "limit"; known options are name, limitUsd, onExceeded, per, windowMs, maxKeys',
		],
	])("%j", (options, message) => {
		let thrown: unknown;
		try {
			budget(options as BudgetOptions);
		} catch (error) {
			thrown = error;
		}
		expect(String(thrown)).toBe(message);
	});
});
