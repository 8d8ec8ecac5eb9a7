// Over 250 lines: whole pipelines that between them use every feature there is.
import { Readable } from "node:stream";
import type { Attributes } from "@opentelemetry/api";
import { beforeAll, describe, expect, it } from "vitest";
import { type Metric, recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	type AttributeDefinition,
	attempts,
	attributes,
	type BudgetOptions,
	budget,
	eventCatalogue,
	footlight,
	type LoggingOptions,
	logging,
	type MetricDefinition,
	type Middleware,
	markOutcome,
	metricCatalogue,
	observe,
	ownPrices,
	RejectedError,
	TimeoutError,
	telemetryFailed,
	tracing,
} from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { recordingLogger, recordingSink } from "../testing/index.ts";
import { runEveryPolicy } from "./every-policy.fixture.ts";

type Place = AttributeDefinition["on"][number];

const catalogue: Readonly<Record<string, AttributeDefinition>> = attributes;
/** What exporters and span processors emit is held against the catalogue by their own packages. */
const isOfExporters = (name: string): boolean =>
	/^(pipeline\.exporter\.|exporter\.|analytics\.|pipeline\.sampling\.)/.test(name);
const recorded = registerSdk({ events: true });
const recordedMetrics = recordMetrics();
const logger = recordingLogger();
const sink = recordingSink();

/** Values of each attribute by the place it was found in. */
const found = new Map<Place, Map<string, unknown[]>>();

function note(place: Place, carried: object): void {
	const names = found.get(place) ?? new Map<string, unknown[]>();
	found.set(place, names);
	for (const [name, value] of Object.entries(carried)) {
		if (value !== undefined && !name.startsWith("app.")) names.set(name, [...(names.get(name) ?? []), value]);
	}
}

const twice: Middleware = (next) => {
	const attempt = attempts(next);
	return async (call) => {
		try {
			return await attempt(call);
		} catch {
			return attempt({ ...call, attempt: 2 });
		}
	};
};

/** Refuses the first answer, which has been paid for. */
function rejectOnce(): Middleware {
	let answers = 0;
	return (next) => async (call) => {
		const answer = await next(call);
		if (answers++ === 0) throw new Error("not what was asked for");
		return answer;
	};
}

const ids = {
	requestId: "req-1",
	sessionId: "session-1",
	userId: "user-1",
	organizationId: "org-1",
	executionMode: "practice",
	topology: "rag",
	extra: { "app.tenant": "acme" },
};

const chatAnswer = {
	id: "1",
	model: "m-1",
	choices: [{ index: 0, finish_reason: "stop" }],
	usage: {
		prompt_tokens: 5,
		completion_tokens: 3,
		prompt_tokens_details: { cached_tokens: 2 },
		completion_tokens_details: { reasoning_tokens: 1 },
	},
};
/** A usage with every class of token. */
const fullUsage = { ...chatAnswer.usage, prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 } };
const prices = ownPrices({ "m-1": { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 2 } });
const messageAnswer = { ...chatAnswer, usage: { input_tokens: 5, output_tokens: 3, cache_creation_input_tokens: 1 } };

/** Whole pipelines that between them use every feature there is. */
async function runEverything(): Promise<void> {
	const inside: LoggingOptions = { logger };
	const light = footlight("docs-qa", {
		logger,
		sinks: [sink],
		capture: { input: true, output: true },
		meterProvider: recordedMetrics.meterProvider,
		prices,
		use: [observe()],
	});
	const request = { model: "m", stream: true, max_tokens: 5, temperature: 0.5 };
	let failures = 0;
	const flaky = light.stage(
		"flaky",
		async () => {
			light.current().event("answer.cited", { "app.sources": 3 });
			light.current().addCost(0.25);
			if (failures++ === 0) throw new TypeError("boom");
		},
		{ use: [twice, logging(inside)] },
	);
	const model = light.stage("chat.completions.create", async (_: unknown) => chatAnswer, {
		kind: "model",
		provider: "openai",
	});
	const message = light.stage("messages.create", async (_: unknown) => messageAnswer, { kind: "model" });
	const chunks = light.stage(
		"stream",
		async function* (_: unknown) {
			yield { ...chatAnswer, usage: null };
			yield chatAnswer;
		},
		{ kind: "model" },
	);
	const retried = light.stage("retried", async (_: unknown) => ({ ...chatAnswer, usage: fullUsage }), {
		kind: "model",
		provider: "openai",
		use: [twice, rejectOnce()],
	});
	const spending: BudgetOptions = { name: "per-run", limitUsd: 0.000_001, onExceeded: "warn" };
	const guarded = light.stage("guarded", async () => light.current().addCost(1), { use: [budget(spending)] });
	await light.run(ids, async () => {
		light.current().log.info("starting");
		await retried(request);
		await guarded();
		await guarded();
		// Of a model without a price, and of one that does not say what it used.
		await light.stage("unpriced", async (_: unknown) => ({ ...chatAnswer, model: "m-2" }), { kind: "model" })(request);
		await light.stage("unmetered", async (_: unknown) => "text", { kind: "model", provider: "openai" })(request);
		// A run within a run, with all that it can leave behind.
		await light.run(async () => {
			light.current().event("answer.cited");
			failures = 0;
			await flaky();
		});
		await flaky();
		light.stage("tool", () => light.current().addCost(0.5), { kind: "tool" })();
		light.stage("agent", () => 1, { kind: "agent" })();
		light.stage(
			"retrieval",
			function searchIndex() {
				return [1];
			},
			{ kind: "retrieval" },
		)();
		await model(request);
		await message(request);
		for await (const _ of chunks(request));
		for await (const _ of light.stage("lines", () => Readable.from(["a", "b"]))());
		await light
			.stage("abandoned", async function* () {
				yield 1;
			})()
			.next();
		await light
			.stage("failing", async () => Promise.reject(new TypeError("boom")))()
			.catch(() => {});
		light.stage("skipped", () => 1, { use: [() => (call) => markOutcome(call, "skipped")] })();
		light.stage("fallback", () => 1, { use: [() => (call) => markOutcome(call, "fallback", new Error("x"))] })();
	});
	for (const error of [
		new Error("boom"),
		"text",
		new TimeoutError("ask", 5),
		new RejectedError("rate_limited", "x"),
		new DOMException("x", "AbortError"),
	]) {
		await light.run(ids, async () => Promise.reject(error)).catch(() => {});
	}
	// A run that is a stream: read, and abandoned inside another run.
	for await (const _ of light.run(ids, async function* () {
		yield 1;
	}));
	await light.run(ids, async () => {
		await light
			.run(async function* () {
				yield 1;
			})
			.next();
	});
	light.stage("outside", () => 1)();
	telemetryFailed("a part", new Error("boom"));
	await light
		.pipeline({ concurrency: 1 })
		.stage("first", () => 1)
		.stage("second", () => 2)
		.run(undefined, ids);
	await footlight("always", { logger, use: [tracing({ attemptSpans: "always" }), logging()] }).run(
		ids,
		(() => 1) as () => unknown,
	);
}

beforeAll(async () => {
	await runEverything();
	await runEveryPolicy({ logger, sinks: [sink], meterProvider: recordedMetrics.meterProvider });
	for (const span of recorded.spans()) {
		const place = "retry.attempt" in span.attributes ? "attempt" : "stage.name" in span.attributes ? "stage" : "run";
		note(place, span.attributes);
		for (const event of span.events) note(event.name === "exception" ? "exception" : "event", event.attributes ?? {});
	}
	for (const line of logger.lines) note("log", line.fields);
	for (const event of sink.events) note("event", event.attributes);
	for (const record of recorded.records()) note("event", record.attributes);
});

function fits(value: unknown, type: AttributeDefinition["type"]): boolean {
	switch (type) {
		case "int":
			return Number.isInteger(value);
		case "double":
			return typeof value === "number";
		case "string[]":
			return Array.isArray(value) && value.every((item) => typeof item === "string");
		case "object":
			return typeof value === "object" && value !== null;
		default:
			return typeof value === type;
	}
}

const places: readonly Place[] = ["run", "stage", "attempt", "exception", "log", "event"];

describe.each(places)("attributes of every %s", (place) => {
	const documented = Object.keys(catalogue).filter(
		(name) => catalogue[name]?.on.includes(place) && !isOfExporters(name),
	);

	it("are those of the catalogue, all of them and no other", () => {
		expect([...(found.get(place)?.keys() ?? [])].sort()).toEqual(documented.sort());
	});

	it("have the type the catalogue says", () => {
		for (const [name, values] of found.get(place) ?? []) {
			const type = catalogue[name]?.type ?? "string";
			for (const value of values)
				expect(fits(value, type), `${name} is ${JSON.stringify(value)}, which is no ${type}`).toBe(true);
		}
	});
});

describe("the catalogue", () => {
	it("gives each attribute a description and an example of its type", () => {
		for (const [name, { type, description, example, on }] of Object.entries(catalogue)) {
			expect(description, name).toMatch(/^[A-Z].*\.$/);
			expect(new Set(on).size, name).toBe(on.length);
			if (type !== "object") expect(fits(example, type), name).toBe(true);
		}
	});

	it("names outcomes as the type does", () => {
		const values = [...new Set([...places].flatMap((place) => found.get(place)?.get("outcome") ?? []))];
		expect(values.sort()).toEqual(["cancelled", "error", "fallback", "ok", "rejected", "skipped", "timeout"]);
		for (const value of values) expect(catalogue.outcome?.description).toContain(value as string);
	});

	it("sees the same ids on spans, lines and events of a run", () => {
		const runIds = (carried: readonly Attributes[]) =>
			new Set(carried.map((one) => one["pipeline.run.id"]).filter((id) => id !== undefined));
		const ofSpans = runIds(recorded.spans().map((span) => span.attributes));
		expect(runIds(logger.lines.map((line) => line.fields as Attributes))).toEqual(ofSpans);
		for (const id of runIds(sink.events.map((event) => event.attributes))) expect(ofSpans.has(id)).toBe(true);
	});
});

describe("metrics", () => {
	let collected: ReadonlyMap<string, Metric>;
	beforeAll(async () => {
		collected = await recordedMetrics.collect();
	});
	const definitions: Readonly<Record<string, MetricDefinition>> = Object.fromEntries(
		Object.entries(metricCatalogue).filter(([name]) => !isOfExporters(name)),
	);

	it("are those of the catalogue, all of them and no other", () => {
		expect([...collected.keys()].sort()).toEqual(Object.keys(definitions).sort());
	});

	it.each(Object.entries(definitions))(
		"%s has its attributes, all of them and no other, its unit and its text",
		(name, definition) => {
			const metric = collected.get(name);
			expect(metric?.points.length).toBeGreaterThan(0);
			const carried = new Set(metric?.points.flatMap(({ attributes }) => Object.keys(attributes)));
			expect([...carried].sort()).toEqual([...definition.attributes].sort());
			expect([metric?.unit, metric?.description]).toEqual([definition.unit, definition.description]);
			expect(metric?.isHistogram).toBe(definition.instrument === "histogram");
			const isSum = definition.instrument.endsWith("counter");
			expect(metric?.isMonotonic).toBe(isSum ? !definition.instrument.includes("up_down") : undefined);
		},
	);

	const counted = Object.entries(definitions).filter(([name]) => /(calls|decisions|requests)$/.test(name));
	it.each(counted.filter(([, { attributes }]) => attributes.some((label) => label.endsWith(".result"))))(
		"%s counts each of its results, since none of them is a word only",
		(name, { attributes }) => {
			const label = attributes.find((attribute) => attribute.endsWith(".result")) as string;
			const totals = new Map<unknown, number>();
			for (const point of collected.get(name)?.points ?? []) {
				const result = point.attributes[label];
				totals.set(result, (totals.get(result) ?? 0) + point.value);
			}
			expect(totals.size).toBeGreaterThan(1);
			expect([...totals].filter(([, total]) => total === 0)).toEqual([]);
		},
	);

	it("have no attribute that the catalogue does not describe, and no identifier", () => {
		const own = [
			"cost.source",
			"gen_ai.token.type",
			"stream.buffer_event",
			"stream.direction",
			/^pipeline\.(sdk|telemetry)\./,
			/\.(result|retried|slow|eviction_reason|budget_name)$/,
		];
		for (const { attributes } of Object.values(definitions)) {
			for (const name of attributes) {
				expect(name in catalogue || own.some((known) => name.match(known)), name).toBe(true);
				expect(name).not.toMatch(/(user|session|run|request|organization)\.id$/);
			}
		}
	});
});

describe("events", () => {
	it("of Footlight's own are those of the catalogue, each with its attributes", () => {
		const users = ["answer.cited"];
		const own = sink.events.filter(({ name }) => !users.includes(name));
		expect([...new Set(own.map(({ name }) => name))].sort()).toEqual(
			Object.keys(eventCatalogue)
				.filter((name) => !isOfExporters(name))
				.sort(),
		);
		const isOfFailuresOnly = (name: string) => name === "error.type";
		for (const { name, attributes } of own) {
			for (const attribute of eventCatalogue[name as keyof typeof eventCatalogue].attributes) {
				if (!isOfFailuresOnly(attribute)) expect(attributes, name).toHaveProperty([attribute]);
			}
		}
	});
});
