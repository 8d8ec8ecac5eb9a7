// Over 250 lines: a flag that is on, off or cannot be told, with a real client of OpenFeature and with functions.
import { InMemoryProvider, OpenFeature, type Provider } from "@openfeature/server-sdk";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	describe as describeStage,
	type FeatureFlagOptions,
	type FlagClient,
	type FlagContext,
	type FlagDetails,
	type FootlightOptions,
	featureFlag,
	footlight,
	telemetryFailures,
} from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock, middlewareContract, recordingSink, recordingTracerProvider } from "../testing/index.ts";

middlewareContract("featureFlag", () => featureFlag({ flag: "new-ranker", client: () => true }), {
	describe,
	it,
	events: ["feature_flag.evaluation"],
});

const flags = {
	"new-ranker": {
		variants: { on: true, off: false },
		defaultVariant: "off",
		disabled: false,
		contextEvaluator: ({ targetingKey }: { targetingKey?: string }) => (targetingKey === "ada" ? "on" : "off"),
	},
	always: { variants: { on: true, off: false }, defaultVariant: "on", disabled: false },
	"turned-off": { variants: { on: true, off: false }, defaultVariant: "on", disabled: true },
	text: { variants: { one: "yes" }, defaultVariant: "one", disabled: false },
};
await OpenFeature.setProviderAndWait("footlight", new InMemoryProvider(flags as never));
const client = OpenFeature.getClient("footlight");
afterAll(() => OpenFeature.close());

/** A light whose stage `rank` is called where a flag is on. */
function setUp(options: Partial<FeatureFlagOptions> = {}, more: FootlightOptions = {}) {
	const sink = recordingSink();
	const metrics = recordMetrics();
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const light = footlight("docs-qa", {
		sinks: [sink],
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
		...more,
	});
	let calls = 0;
	const use = [featureFlag({ flag: "new-ranker", client, ...options } as FeatureFlagOptions & { whenOff?: "skip" })];
	const rank = light.stage(
		"rank",
		(text: string) => {
			calls++;
			return `ranked ${text}`;
		},
		{ use },
	);
	const asked = (userId?: string) => light.run(userId === undefined ? {} : { userId }, () => rank("a"));
	const spanOf = () => tracerProvider.spans.filter(({ name }) => name === "rank").at(-1);
	return { light, rank, asked, sink, metrics, clock, spanOf, calls: () => calls };
}

describe("a feature flag of OpenFeature", () => {
	it("that is on for the user lets the call through, and says so as the conventions want it", async () => {
		const { asked, sink, metrics, spanOf, calls } = setUp();
		expect(await asked("ada")).toBe("ranked a");
		expect(calls()).toBe(1);
		expect(spanOf()?.attributes).toMatchObject({
			outcome: "ok",
			"feature_flag.key": "new-ranker",
			"feature_flag.result.value": true,
			"feature_flag.result.variant": "on",
			"feature_flag.result.reason": "targeting_match",
		});
		const { name, attributes } = sink.events[0] as (typeof sink.events)[number];
		expect(name).toBe("feature_flag.evaluation");
		const own = Object.entries(attributes).filter(([key]) => /^(feature_flag|error)\./.test(key));
		expect(Object.fromEntries(own)).toEqual({
			"feature_flag.key": "new-ranker",
			"feature_flag.result.variant": "on",
			"feature_flag.result.reason": "targeting_match",
			"feature_flag.provider.name": "in-memory",
			"feature_flag.context.id": "ada",
		});
		expect(await metrics.points("pipeline.feature_flag.evaluations")).toEqual([
			{
				attributes: {
					"feature_flag.key": "new-ranker",
					"feature_flag.result.variant": "on",
					"feature_flag.result.reason": "targeting_match",
					"feature_flag.provider.name": "in-memory",
				},
				value: 1,
			},
		]);
	});

	it("that is off leaves the stage out, without an error", async () => {
		const { asked, rank, spanOf, calls, metrics } = setUp();
		expectTypeOf(rank).returns.toEqualTypeOf<Promise<string | undefined>>();
		expect([await asked("bob"), await asked()]).toEqual([undefined, undefined]);
		expect(calls()).toBe(0);
		expect(spanOf()?.attributes).toMatchObject({
			outcome: "skipped",
			"feature_flag.result.value": false,
			"feature_flag.result.variant": "off",
		});
		expect([spanOf()?.attributes["error.type"], spanOf()?.status.code]).toEqual([undefined, 0]);
		expect(await metrics.total("pipeline.stage.calls", { "stage.name": "rank", outcome: "skipped" })).toBe(2);
	});

	it.each([
		["disabled", "turned-off", { value: false, reason: "disabled" }],
		["static", "always", { value: true, reason: "static", variant: "on" }],
	])("that is %s is what it is", async (_, flag, { value, reason, variant }: Record<string, unknown>) => {
		const { asked, spanOf } = setUp({ flag });
		expect(await asked("ada")).toBe(value ? "ranked a" : undefined);
		expect(spanOf()?.attributes).toMatchObject({
			"feature_flag.result.value": value,
			"feature_flag.result.reason": reason,
		});
		expect(spanOf()?.attributes["feature_flag.result.variant"]).toBe(variant);
	});

	it.each([
		["nobody knows", "unknown-flag", "flag_not_found"],
		["is no boolean", "text", "type_mismatch"],
	])("that %s has its default value, and an event with the error", async (_, flag, type) => {
		for (const defaultValue of [false, true]) {
			const { asked, sink, metrics, spanOf } = setUp({ flag, defaultValue });
			expect(await asked("ada")).toBe(defaultValue ? "ranked a" : undefined);
			expect(sink.events[0]?.attributes).toMatchObject({
				"feature_flag.result.value": defaultValue,
				"feature_flag.result.reason": "error",
				"error.type": type,
			});
			expect(sink.events[0]?.attributes["feature_flag.error.message"]).not.toBe("");
			expect(await metrics.total("pipeline.feature_flag.evaluations", { "error.type": type })).toBe(1);
			// The call itself has not failed.
			expect(spanOf()?.attributes["error.type"]).toBeUndefined();
		}
	});

	it("whose provider fails has its default value", async () => {
		const provider = {
			metadata: { name: "broken" },
			resolveBooleanEvaluation: async () => Promise.reject(new Error("no route to host")),
		} as unknown as Provider;
		await OpenFeature.setProviderAndWait("broken", provider);
		const { asked, sink } = setUp({ client: OpenFeature.getClient("broken") });
		expect(await asked("ada")).toBeUndefined();
		expect(sink.events[0]?.attributes).toMatchObject({
			"error.type": "general",
			"feature_flag.error.message": "no route to host",
			"feature_flag.provider.name": "broken",
		});
	});

	it("whose provider does not answer in time has its default value", async () => {
		const hanging: FlagClient = { getBooleanDetails: () => new Promise(() => {}) };
		const { asked, clock, sink, spanOf } = setUp({ client: hanging, timeoutMs: 200, defaultValue: true });
		const answer = asked("ada");
		await clock.advance(199);
		expect(sink.events).toEqual([]);
		await clock.advance(1);
		expect(await answer).toBe("ranked a");
		expect(sink.events[0]?.attributes).toMatchObject({
			"feature_flag.result.reason": "error",
			"error.type": "timeout",
			"feature_flag.error.message": "[timeout] feature flag new-ranker did not settle within 200 ms",
			"feature_flag.context.id": "ada",
		});
		expect(spanOf()?.attributes.outcome).toBe("ok");
		expect(clock.pendingSleeps).toBe(0);
	});

	it("is evaluated for the context that was asked for", async () => {
		const seen: FlagContext[] = [];
		const asking = (options: Partial<FeatureFlagOptions> = {}) =>
			setUp({
				client: {
					async getBooleanDetails(_, value, context): Promise<FlagDetails> {
						seen.push(context);
						return { value };
					},
				},
				...options,
			});
		const { light, rank } = asking();
		await light.run({ userId: "ada", sessionId: "s", organizationId: "o", requestId: "r" }, () => rank("a"));
		await rank("a");
		await asking({ context: ({ input }) => ({ targetingKey: String(input[0]), plan: "free" }) }).rank("b");
		expect(seen).toEqual([
			{ targetingKey: "ada", sessionId: "s", organizationId: "o" },
			{},
			{ targetingKey: "b", plan: "free" },
		]);
	});

	it("whose context cannot be told has its default value", async () => {
		const before = telemetryFailures().get("feature flag context") ?? 0;
		const { rank, sink } = setUp({
			flag: "always",
			context: () => {
				throw new Error("no tenant");
			},
		});
		expect(await rank("a")).toBeUndefined();
		expect(sink.events[0]?.attributes).toMatchObject({
			"error.type": "invalid_context",
			"feature_flag.error.message": "no tenant",
		});
		expect((telemetryFailures().get("feature flag context") ?? 0) - before).toBe(1);
	});

	it.each<[string, () => unknown]>([
		["gives a promise", async () => ({ targetingKey: "ada" })],
		["rejects", async () => Promise.reject(new Error("no tenant"))],
	])("whose context %s has its default value, and its client is not asked", async (_, context) => {
		const unhandled: unknown[] = [];
		const note = (error: unknown) => unhandled.push(error);
		process.on("unhandledRejection", note);
		const before = telemetryFailures().get("feature flag context") ?? 0;
		const { rank, sink } = setUp({ flag: "always", context: context as () => FlagContext });
		expect(await rank("a")).toBeUndefined();
		expect(sink.events[0]?.attributes).toMatchObject({
			"error.type": "invalid_context",
			"feature_flag.error.message": "context must give an evaluation context, got an instance of Promise",
		});
		expect((telemetryFailures().get("feature flag context") ?? 0) - before).toBe(1);
		await new Promise((resolve) => setImmediate(resolve));
		process.off("unhandledRejection", note);
		expect(unhandled).toEqual([]);
	});

	it("says what its provider says of set, version and whom it was evaluated for", async () => {
		const flagMetadata = { contextId: "tenant-1", flagSetId: "ranking", version: 7 };
		const { asked, sink } = setUp({
			client: { getBooleanDetails: async () => ({ value: true, variant: "v", reason: "SPLIT", flagMetadata }) },
		});
		await asked("ada");
		expect(sink.events[0]?.attributes).toMatchObject({
			"feature_flag.context.id": "tenant-1",
			"feature_flag.set.id": "ranking",
			"feature_flag.version": "7",
			"feature_flag.result.reason": "split",
		});
		expect(sink.events[0]?.attributes).not.toHaveProperty(["feature_flag.provider.name"]);
		expect(sink.events[0]?.attributes).not.toHaveProperty(["feature_flag.result.value"]);
	});

	it.each<[string, unknown]>([
		[
			"throws",
			() => {
				throw new Error("secret key");
			},
		],
		["rejects", async () => Promise.reject(new Error("secret key"))],
	])("of a client that %s has its default value, and its message is redacted", async (_, getBooleanDetails) => {
		const redact = (text: string) => text.replace("secret", "***");
		const { rank, sink } = setUp({ client: { getBooleanDetails } as FlagClient }, { capture: { redact } });
		expect(await rank("a")).toBeUndefined();
		expect(sink.events[0]?.attributes).toMatchObject({
			"error.type": "general",
			"feature_flag.error.message": "*** key",
		});
	});

	it.each([[undefined], [null], [{}], [{ value: "yes" }]])(
		"of a client that gives %j has its default value",
		async (details) => {
			const { rank, sink } = setUp({ client: { getBooleanDetails: async () => details as never }, defaultValue: true });
			expect(await rank("a")).toBe("ranked a");
			expect(sink.events[0]?.attributes["error.type"]).toBe("type_mismatch");
		},
	);
});

describe("a feature flag of a function", () => {
	it("is what the function says, at once or later", async () => {
		for (const isOn of [true, false]) {
			for (const own of [() => isOn, async () => isOn]) {
				const { rank, sink, metrics } = setUp({ client: own });
				expect(await rank("a")).toBe(isOn ? "ranked a" : undefined);
				expect(sink.events[0]?.attributes).toMatchObject({
					"feature_flag.result.value": isOn,
					"feature_flag.result.reason": "unknown",
				});
				const labels = { "feature_flag.result.variant": String(isOn), "feature_flag.result.reason": "unknown" };
				expect(await metrics.total("pipeline.feature_flag.evaluations", labels)).toBe(1);
			}
		}
	});

	it.each<[string, unknown, string]>([
		[
			"throws",
			() => {
				throw new Error("boom");
			},
			"general",
		],
		["rejects", async () => Promise.reject(new Error("boom")), "general"],
		["gives something else", () => "yes", "type_mismatch"],
		["gives something else later", async () => 1, "type_mismatch"],
	])("that %s has its default value", async (_, own, type) => {
		const { rank, sink, calls } = setUp({ client: own as () => boolean });
		expect(await rank("a")).toBeUndefined();
		expect(calls()).toBe(0);
		expect(sink.events[0]?.attributes).toMatchObject({ "feature_flag.result.reason": "error", "error.type": type });
	});
});

describe("a stage behind a flag", () => {
	it("passes its error on as it is", async () => {
		const { light, sink } = setUp();
		const error = new Error("boom");
		const fails = light.stage("fails", async () => Promise.reject(error), {
			use: [featureFlag({ flag: "always", client })],
		});
		await expect(fails()).rejects.toBe(error);
		expect(sink.names).toEqual(["feature_flag.evaluation"]);
	});

	it("is answered for where that is asked for, at once or later, and a failure of that is the call's", async () => {
		const { light, spanOf } = setUp();
		const off = { flag: "new-ranker", client: () => false };
		const one = light.stage("rank", (text: string) => text.length, {
			use: [featureFlag({ ...off, whenOff: ({ input }) => `old ${input[0]}` })],
		});
		expectTypeOf(one).returns.toEqualTypeOf<Promise<number | string>>();
		expect(await one("a")).toBe("old a");
		expect(spanOf()?.attributes.outcome).toBe("fallback");
		const later = light.stage("rank", () => 1, { use: [featureFlag({ ...off, whenOff: async () => "later" })] });
		expectTypeOf(later).returns.toEqualTypeOf<Promise<number | string>>();
		expect(await later()).toBe("later");
		const error = new Error("boom");
		const broken = light.stage("rank", () => 1, {
			use: [
				featureFlag({
					...off,
					whenOff: () => {
						throw error;
					},
				}),
			],
		});
		await expect(broken()).rejects.toBe(error);
		expect(spanOf()?.attributes.outcome).toBe("error");
	});

	it("that is a generator asks with its first next()", async () => {
		const { light, spanOf } = setUp();
		const asked: string[] = [];
		const items = (isOn: boolean) =>
			light.stage(
				"rank",
				function* () {
					yield* [1, 2];
				},
				{ use: [featureFlag({ flag: "f", client: () => asked.push("flag") > 0 && isOn })] },
			)();
		const stream = items(true);
		await null;
		expect(asked).toEqual([]);
		const seen: number[] = [];
		for await (const item of stream) seen.push(item);
		expect(seen).toEqual([1, 2]);
		expect(asked).toEqual(["flag"]);
		expect(await items(false).next()).toEqual({ done: true, value: undefined });
		expect(spanOf()?.attributes.outcome).toBe("skipped");
	});

	it("is given up where it is aborted while its flag is evaluated", async () => {
		const reason = new DOMException("left", "AbortError");
		const evaluation = Promise.withResolvers<boolean>();
		const aborting = new AbortController();
		const sink = recordingSink();
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { sinks: [sink], tracerProvider });
		let calls = 0;
		const pipeline = light
			.pipeline()
			.stage("rank", () => ++calls, { use: [featureFlag({ flag: "f", client: () => evaluation.promise })] });
		const running = pipeline.run(undefined, { signal: aborting.signal });
		await new Promise((resolve) => setImmediate(resolve));
		aborting.abort(reason);
		expect((await running).outcome).toBe("cancelled");
		evaluation.resolve(true);
		await new Promise((resolve) => setImmediate(resolve));
		expect([calls, sink.names]).toEqual([0, []]);
		expect(tracerProvider.spans.find(({ name }) => name === "rank")?.attributes.outcome).toBe("cancelled");
	});

	it.each<[string, Partial<FeatureFlagOptions>]>([
		["function", { client: () => new Promise(() => {}) }],
		["client", { client: { getBooleanDetails: () => new Promise(() => {}) } }],
	])("keeps no process alive where it is aborted while its %s hangs", async (_, options) => {
		const aborting = new AbortController();
		const use = [
			featureFlag({ flag: "f", timeoutMs: 60_000, ...options } as FeatureFlagOptions & { whenOff?: "skip" }),
		];
		const light = footlight("docs-qa");
		const rank = light.stage("rank", () => 1, { use });
		const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
		const before = timers();
		const asked = light.run({ signal: aborting.signal }, () => rank());
		expect(timers()).toBe(before + 1);
		aborting.abort("left");
		expect(timers()).toBe(before);
		await expect(asked).rejects.toBe("left");
	});

	it("of a runner is skipped, and what depends on it has no input of it", async () => {
		const { light } = setUp();
		const result = await light
			.pipeline<string>()
			.stage("rank", (text: string) => text, { use: [featureFlag({ flag: "f", client: () => false })] })
			.stage("show", ["rank"], ({ rank }) => String(rank))
			.run("a");
		expect(result.report.stages.map(({ name, outcome, attempts }) => [name, outcome, attempts])).toEqual([
			["rank", "skipped", 0],
			["show", "ok", 1],
		]);
		expect(result.outputsOrThrow().show).toBe("undefined");
	});

	it("shows what it is", () => {
		const { rank } = setUp();
		expect(String(describeStage(rank))).toContain("featureFlag(flag: new-ranker, defaultValue: false)");
	});
});

describe("the event", () => {
	it("is a log record of the Logs API, with the span it belongs to", async () => {
		const recorded = registerSdk({ events: true });
		const light = footlight("docs-qa");
		await light.stage("rank", () => 1, { use: [featureFlag({ flag: "always", client })] })();
		const [record] = recorded.records();
		expect(record?.eventName).toBe("feature_flag.evaluation");
		expect(record?.spanContext?.spanId).toBe(recorded.span("rank").spanContext().spanId);
	});
});

describe("options of a feature flag", () => {
	const isOn = () => true;
	it.each<[unknown, string]>([
		[undefined, "featureFlag: flag must be a string, got undefined"],
		[{ flag: "", client: isOn }, 'featureFlag: flag must be a name that is not empty, got ""'],
		[
			{ flag: "f" },
			"featureFlag: client must have a method getBooleanDetails, or be a function (call) => boolean, got undefined",
		],
		[{ flag: "f", client: {} }, "featureFlag: client must have a method getBooleanDetails, or be a function"],
		[{ flag: "f", client: isOn, defaultValue: 1 }, "featureFlag: defaultValue must be true or false, got 1"],
		[{ flag: "f", client: isOn, context: {} }, "featureFlag: context must be a function, got an object"],
		[{ flag: "f", client: isOn, timeoutMs: 0 }, "featureFlag: timeoutMs must be a positive integer, got 0"],
		[
			{ flag: "f", client: isOn, whenOff: "throw" },
			'featureFlag: whenOff must be "skip" or a function (call) => result, got "throw"',
		],
		[
			{ flag: "f", client: isOn, whenOff: 5 },
			'featureFlag: whenOff must be "skip" or a function (call) => result, got 5',
		],
		[{ key: "f" }, 'featureFlag: unknown option "key"; known options are flag, client, defaultValue, context'],
	])("%j are refused", (options, message) => {
		expect(() => featureFlag(options as FeatureFlagOptions & { whenOff: "skip" })).toThrow(message);
	});
});
