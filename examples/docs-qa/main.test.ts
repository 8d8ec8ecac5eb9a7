// Over 250 lines: one pass of the demo, seen from every side.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../test/otlp-receiver.ts";
import {
	checkMetrics,
	hasPrometheus,
	type PrometheusServer,
	type Series,
	seriesIn,
	startPrometheus,
} from "../../test/prometheus-server.ts";
import { type OpenAiServerStats, startOpenAiServer } from "../openai-server/openai-server.ts";
import { localPrices } from "./model-service.ts";
import { questions } from "./questions.ts";
import type { TallyCounts } from "./tally.ts";

interface Summary extends TallyCounts {
	readonly server?: OpenAiServerStats;
	readonly passageRequests?: number;
}

interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
	const inherited = Object.entries(process.env).filter(([name]) => !/^(OPENAI|OTEL|VITEST)|COLOR/.test(name));
	return spawn(process.execPath, ["--conditions=@footlight/source", join(import.meta.dirname, "main.ts"), ...args], {
		env: { ...Object.fromEntries(inherited), OTEL_EXPORTER_PROMETHEUS_PORT: "0", ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
}

async function finish(child: ChildProcess): Promise<Finished> {
	const { stdout: out, stderr: err } = child;
	if (!out || !err) throw new Error("the child has no output");
	const [stdout, stderr, [code]] = await Promise.all([text(out), text(err), once(child, "close")]);
	return { code, stdout, stderr };
}

function says(stream: Readable | null, text: string): Promise<void> {
	return new Promise((resolve, reject) => {
		stream?.on("data", (data) => {
			if (String(data).includes(text)) resolve();
		});
		stream?.once("close", () => reject(new Error(`ended without saying ${text}`)));
	});
}

async function freeHost(): Promise<string> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	if (address === null || typeof address === "string") throw new Error("no port");
	return `127.0.0.1:${address.port}`;
}

const freeAddress = async () => `http://${await freeHost()}`;

/** Sums of values by the text that is made of each one's labels, those that are 0 left out. */
function sums(series: readonly Series[], textOf: (labels: Series["labels"]) => string): Record<string, number> {
	const found: Record<string, number> = {};
	for (const { labels, value } of series) {
		if (value !== 0) found[textOf(labels)] = (found[textOf(labels)] ?? 0) + value;
	}
	return found;
}

describe("one pass over the questions, as an OTLP receiver and a Prometheus see it", () => {
	let receiver: OtlpReceiver;
	let finished: Finished;
	let summary: Summary;
	let spans: readonly ReceivedSpan[];
	let metrics: string;
	let prometheus: PrometheusServer | undefined;
	const byId = new Map<string, ReceivedSpan>();

	const childrenOf = (parent: ReceivedSpan) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
	const inTimeOrder = (a: ReceivedSpan, b: ReceivedSpan) => Number(a.startNs - b.startNs);
	const roots = () => spans.filter(({ parentSpanId }) => parentSpanId === undefined).sort(inTimeOrder);
	const modelSpans = () => spans.filter(({ kind }) => kind === "client").sort(inTimeOrder);
	const isAttempt = ({ attributes }: ReceivedSpan) => attributes["retry.attempt"] !== undefined;
	const stageSpans = (name: string) =>
		spans.filter((span) => span.attributes["stage.name"] === name && !isAttempt(span)).sort(inTimeOrder);
	const outcomes = (list: readonly ReceivedSpan[]) => list.map(({ attributes }) => attributes.outcome);
	const sum = (list: readonly ReceivedSpan[], attribute: string) =>
		list.reduce((total, { attributes }) => total + Number(attributes[attribute] ?? 0), 0);
	/** The sum of a metric's series with these labels. */
	const metric = (name: string, labels: Series["labels"] = {}) =>
		seriesIn(metrics, name)
			.filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))
			.reduce((total, { value }) => total + value, 0);

	beforeAll(async () => {
		receiver = await startOtlpReceiver();
		const host = await freeHost();
		prometheus = hasPrometheus ? await startPrometheus(host) : undefined;
		const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_PROMETHEUS_PORT: host.split(":")[1] };
		const child = start(["--once", "--wait", "--json"], env);
		const ended = finish(child);
		try {
			await says(child.stderr, "Ctrl-C ends this");
			metrics = await (await fetch(`http://${host}/metrics`)).text();
			await prometheusHas(seriesIn(metrics, "pipeline_runs_total"));
		} finally {
			child.kill("SIGINT");
		}
		finished = await ended;
		summary = JSON.parse(finished.stdout);
		spans = receiver.spans();
		for (const span of spans) byId.set(span.spanId, span);
	});
	afterAll(async () => {
		await prometheus?.close();
		await receiver.close();
	});

	/** Waits until Prometheus has scraped these values. */
	async function prometheusHas(series: readonly Series[]): Promise<void> {
		if (prometheus === undefined) return;
		const total = (all: readonly Series[]) => all.reduce((sum, { value }) => sum + value, 0);
		const scraped = async () => total((await prometheus?.query("pipeline_runs_total")) ?? []);
		await vi.waitFor(async () => expect(await scraped()).toBe(total(series)), { timeout: 10_000, interval: 100 });
	}

	test("ends with code 0 and a summary of every question", () => {
		expect(finished.code).toBe(0);
		expect(summary).toMatchObject({ answered: 8, failed: 5 });
		expect(summary.reasons).toMatchObject({ "500 server_error": 2, circuit_open: 1, rate_limited: 1 });
		expect(finished.stderr).toContain("8 questions answered, 5 failed");
		expect(finished.stderr).toContain(receiver.url);
	});

	test("has one trace for the indexing and one for each question, with the user's ids", () => {
		const [indexing, ...asked] = roots();
		expect(indexing?.name).toBe("docs-index");
		expect(asked.map(({ name }) => name)).toEqual(questions.map(() => "docs-qa"));
		expect(asked.map(({ attributes }) => [attributes["user.id"], attributes["session.id"]])).toEqual(
			questions.map(({ userId, sessionId }) => [userId, sessionId]),
		);
		expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(questions.length + 1);
		expect(new Set(asked.map(({ attributes }) => attributes["pipeline.run.id"])).size).toBe(questions.length);
	});

	test("has every stage below its run, and the model below the answer", () => {
		const [indexing, ...asked] = roots();
		const stagesOf = (root: ReceivedSpan | undefined) => (root ? childrenOf(root).sort(inTimeOrder) : []);
		expect(stagesOf(indexing).map(({ name }) => name)).toEqual(["load", "chunk", "index"]);
		for (const root of asked) {
			expect(stagesOf(root).map(({ name }) => name)).toEqual(["retrieve", "fetch", "rerank", "answer"]);
		}
		const stages = roots().flatMap(stagesOf);
		const attempts = stages.flatMap(childrenOf).filter(isAttempt);
		// What the first attempt called stands below the stage itself, what the others called below each of them.
		for (const model of modelSpans()) {
			const above = byId.get(model.parentSpanId ?? "");
			expect([model.name, above?.attributes["stage.name"]]).toEqual(["chat extractive-1", "answer"]);
			expect([...stages, ...attempts]).toContain(above);
			expect(above?.attributes["retry.attempt"]).not.toBe(1);
		}
		expect(spans).toHaveLength(roots().length + stages.length + attempts.length + modelSpans().length);
	});

	test("has every parent, in the same trace, and children within their parents' times", () => {
		for (const span of spans.filter(({ parentSpanId }) => parentSpanId !== undefined)) {
			const parent = byId.get(span.parentSpanId ?? "");
			expect(parent?.traceId).toBe(span.traceId);
			expect(span.startNs).toBeGreaterThanOrEqual(parent?.startNs ?? 0n);
			expect(span.endNs).toBeLessThanOrEqual(parent?.endNs ?? 0n);
		}
	});

	test("has stream spans as long as their streams", () => {
		const wordMs = 5;
		const streams = stageSpans("answer").filter(({ attributes }) => attributes.outcome === "ok");
		expect(streams).toHaveLength(summary.answered);
		for (const span of streams) {
			const items = Number(span.attributes["stream.item_count"]);
			expect(items).toBeGreaterThan(10);
			// A timer may fire a little early.
			expect(span.durationMs).toBeGreaterThan(items * (wordMs - 1));
			expect(Number(span.attributes["stream.time_to_first_item_ms"])).toBeLessThan(span.durationMs);
			// Three parts of what the model sent carry no word: the role, the finish reason and the usage.
			const model = modelSpans().findLast(({ traceId }) => traceId === span.traceId);
			expect(model?.attributes["stream.item_count"]).toBe(items + 3);
		}
	});

	test("has a model span for every request that the server counted, failed where the server failed it", () => {
		const models = modelSpans();
		expect(models).toHaveLength(summary.server?.requests ?? -1);
		const ended = (outcome: string) => outcomes(models).flatMap((each, index) => (each === outcome ? index + 1 : []));
		expect(ended("error")).toEqual([2, 4, 8, 11, 12, 13, 14, 15, 16]);
		expect(ended("cancelled")).toEqual([9]);
		expect(summary.server).toMatchObject({
			requests: 19,
			outcomes: { ok: 9, rate_limited: 1, server_error: 7, cut: 1, aborted: 1, invalid: 0 },
		});
		expect(outcomes(roots().slice(1))).toEqual([
			...["ok", "ok", "ok", "ok", "error", "ok", "error", "rejected", "error", "rejected", "ok", "ok", "ok"],
		]);
	});

	test.each([
		["answer", () => summary.server?.requests],
		["fetch", () => summary.passageRequests],
	])("has as many attempts of %s as its server counted requests: on spans and in /metrics", (name, requests) => {
		const called = stageSpans(name).filter(({ attributes }) => attributes.outcome !== "rejected");
		const attemptsOf = ({ attributes }: ReceivedSpan) => Number(attributes["retry.attempt_count"] ?? 1);
		const attempts = called.reduce((total, span) => total + attemptsOf(span), 0);
		expect(attempts).toBeGreaterThan(called.length);
		expect(attempts).toBe(requests());
		for (const span of called) {
			const drawn = childrenOf(span).filter(isAttempt).sort(inTimeOrder);
			const expected = attemptsOf(span) === 1 ? [] : Array.from({ length: attemptsOf(span) }, (_, index) => index + 1);
			expect(drawn.map(({ attributes }) => attributes["retry.attempt"])).toEqual(expected);
		}

		const labels = { pipeline_name: "docs-qa", stage_name: name };
		expect(metric("pipeline_retry_attempts_per_call_sum", labels)).toBe(attempts);
		expect(metric("pipeline_retry_calls_total", labels)).toBe(called.length);
		expect(metric("pipeline_retry_attempts_total", labels)).toBe(attempts - called.length);
		expect(metric("pipeline_timeout_calls_total", labels)).toBe(attempts);
		const scheduled = called.flatMap(({ events }) => events.filter((event) => event.name === "retry.scheduled"));
		expect(scheduled).toHaveLength(attempts - called.length);
	});

	test("opens the circuit breaker, half-opens it and closes it again: on spans and in /metrics", () => {
		const changes = stageSpans("answer").flatMap(({ events }) =>
			events.map((event) => event.name).filter((event) => event.startsWith("circuit_breaker.")),
		);
		expect(changes).toEqual(["circuit_breaker.opened", "circuit_breaker.half_opened", "circuit_breaker.closed"]);
		const nameOf = ({ circuit_breaker_name, circuit_breaker_from_state, circuit_breaker_state }: Series["labels"]) =>
			`${circuit_breaker_name} ${circuit_breaker_from_state} > ${circuit_breaker_state}`;
		expect(sums(seriesIn(metrics, "pipeline_circuit_breaker_transitions_total"), nameOf)).toEqual({
			"docs-qa.answer closed > open": 1,
			"docs-qa.answer open > half_open": 1,
			"docs-qa.answer half_open > closed": 1,
		});
		const calls = (result: string) =>
			metric("pipeline_circuit_breaker_calls_total", {
				circuit_breaker_name: "docs-qa.answer",
				circuit_breaker_result: result,
			});
		const ended = (type: unknown) =>
			stageSpans("answer").filter(({ attributes }) => attributes["error.type"] === type).length;
		expect(calls("not_permitted")).toBe(1);
		expect(ended("circuit_open")).toBe(1);
		expect(calls("success")).toBe(summary.answered);
		expect(calls("failure")).toBe(outcomes(stageSpans("answer")).filter((outcome) => outcome === "error").length);
		const closed = { circuit_breaker_name: "docs-qa.answer", circuit_breaker_state: "closed" };
		expect(metric("pipeline_circuit_breaker_state", closed)).toBe(1);
		const refused = { rate_limit_policy: "questions", rate_limit_result: "rejected" };
		expect([ended("rate_limited"), metric("pipeline_rate_limit_decisions_total", refused)]).toEqual([1, 1]);
	});

	test("has every word of an answer through its queue, which held the model back: on spans and in /metrics", () => {
		const labels = { pipeline_name: "docs-qa", stage_name: "answer", stream_name: "words" };
		const items = sum(stageSpans("answer"), "stream.item_count");
		const direction = (stream_direction: string) =>
			metric("pipeline_stream_items_total", { ...labels, stream_direction });
		expect(items).toBeGreaterThan(100);
		expect([direction("in"), direction("out")]).toEqual([items, items]);
		expect(metric("pipeline_stream_dropped_total", labels)).toBe(0);
		expect(metric("pipeline_stream_queue_depth", labels)).toBe(0);
		expect(metric("pipeline_stream_queue_capacity", labels)).toBe(0);
		expect(metric("pipeline_stream_producer_blocked_time_seconds_total", labels)).toBeGreaterThan(0);

		const events = spans.flatMap((span) => span.events.map((event) => ({ ...event, span })));
		const named = (name: string) => events.filter((event) => event.name === name);
		for (const name of ["stream.throttle_started", "stream.throttle_ended", "stream.producer_blocked"])
			expect(named(name).length, name).toBeGreaterThan(0);
		for (const { span } of named("stream.queue_closed")) expect(span.attributes["stage.name"]).toBe("answer");
		const closed = named("stream.queue_closed").map(({ attributes }) => Number(attributes["stream.items_in"]));
		expect(closed.reduce((total, count) => total + count, 0)).toBe(items);
	});

	test("has the tokens of the summary on its model spans", () => {
		expect(summary.inputTokens).toBeGreaterThan(1_000);
		expect(sum(modelSpans(), "gen_ai.usage.input_tokens")).toBe(summary.inputTokens);
		expect(sum(modelSpans(), "gen_ai.usage.output_tokens")).toBe(summary.outputTokens);
	});

	test("has the runs and stages of the reports and of the spans in /metrics, each counted once", () => {
		const spansBy = (textOf: (span: ReceivedSpan) => string | undefined) => {
			const counts: Record<string, number> = {};
			for (const text of spans.map(textOf)) if (text !== undefined) counts[text] = (counts[text] ?? 0) + 1;
			return counts;
		};
		const flat = (counts: Record<string, Record<string, number>>) =>
			Object.fromEntries(
				Object.entries(counts).flatMap(([name, by]) =>
					Object.entries(by).map(([outcome, n]) => [`${name} ${outcome}`, n]),
				),
			);
		const runOf = ({ pipeline_name, outcome }: Series["labels"]) => `${pipeline_name} ${outcome}`;
		const runs = sums(seriesIn(metrics, "pipeline_runs_total"), runOf);
		expect(runs).toEqual({ "docs-index ok": 1, "docs-qa ok": 8, "docs-qa error": 3, "docs-qa rejected": 2 });
		expect(sums(seriesIn(metrics, "pipeline_run_duration_seconds_count"), runOf)).toEqual(runs);
		expect(flat(summary.runs)).toEqual(runs);
		expect(
			spansBy(({ name, parentSpanId, attributes }) =>
				parentSpanId === undefined ? `${name} ${attributes.outcome}` : undefined,
			),
		).toEqual(runs);

		const stageOf = ({ pipeline_name, stage_name, outcome }: Series["labels"]) =>
			`${pipeline_name}/${stage_name} ${outcome}`;
		const stages = sums(seriesIn(metrics, "pipeline_stage_calls_total"), stageOf);
		expect(sums(seriesIn(metrics, "pipeline_stage_duration_seconds_count"), stageOf)).toEqual(stages);
		expect(
			spansBy((span) =>
				span.parentSpanId === undefined || isAttempt(span)
					? undefined
					: `${span.attributes["pipeline.name"]}/${span.attributes["stage.name"]} ${span.attributes.outcome}`,
			),
		).toEqual(stages);
		const ofModel = (name: string) => name.startsWith("docs-qa/chat.completions.create ");
		expect(flat(summary.stages)).toEqual(Object.fromEntries(Object.entries(stages).filter(([name]) => !ofModel(name))));
		const { ok = 0, rate_limited = 0, server_error = 0, cut = 0, aborted = 0 } = summary.server?.outcomes ?? {};
		expect(Object.fromEntries(Object.entries(stages).filter(([name]) => ofModel(name)))).toEqual({
			"docs-qa/chat.completions.create ok": ok,
			"docs-qa/chat.completions.create error": rate_limited + server_error + cut,
			"docs-qa/chat.completions.create cancelled": aborted,
		});
		expect(sums(seriesIn(metrics, "pipeline_run_active"), runOf)).toEqual({});
		expect(sums(seriesIn(metrics, "pipeline_stage_active"), stageOf)).toEqual({});
	});

	test("has the tokens and the money that the local server would have billed: in reports, spans and /metrics", () => {
		const { input, output, cached } = summary.server?.tokens ?? { input: 0, output: 0, cached: 0 };
		expect([summary.inputTokens, summary.outputTokens]).toEqual([input, output]);
		const tokens = sums(seriesIn(metrics, "pipeline_tokens_total"), ({ gen_ai_token_type }) =>
			String(gen_ai_token_type),
		);
		expect(tokens).toMatchObject({ input, output, ...(cached > 0 && { cache_read: cached }) });

		const { inputUsdPerMillionTokens, cacheReadUsdPerMillionTokens, outputUsdPerMillionTokens } =
			localPrices["extractive-1"];
		const billedUsd =
			((input - cached) * inputUsdPerMillionTokens +
				cached * cacheReadUsdPerMillionTokens +
				output * outputUsdPerMillionTokens) /
			1_000_000;
		expect(billedUsd).toBeGreaterThan(0.001);
		const usd = (list: readonly ReceivedSpan[]) => sum(list, "pipeline.cost.usd");
		for (const told of [summary.costUsd, usd(roots()), usd(modelSpans()), metric("pipeline_cost_usd_total")])
			expect(told).toBeCloseTo(billedUsd, 9);

		// The answer without a word had to be paid for, and another attempt made up for it.
		const empty = modelSpans().find(({ attributes }) => attributes["gen_ai.usage.output_tokens"] === 0);
		const wastedUsd = usd(empty === undefined ? [] : [empty]);
		expect(wastedUsd).toBeGreaterThan(0.0001);
		for (const told of [sum(roots(), "pipeline.cost.wasted_usd"), metric("pipeline_cost_wasted_usd_total")])
			expect(told).toBeCloseTo(wastedUsd, 9);

		// The answer that was cut off came without its usage: what it cost is unknown, not nothing.
		const unmetered = sums(seriesIn(metrics, "pipeline_cost_unmetered_total"), () => "all").all ?? 0;
		expect([summary.unmeteredCalls, unmetered]).toEqual([summary.server?.outcomes.cut, summary.server?.outcomes.cut]);
		expect([summary.unpricedCalls, sums(seriesIn(metrics, "pipeline_cost_unpriced_total"), () => "all")]).toEqual([
			0,
			{},
		]);
	});

	test.skipIf(!hasPrometheus)("has /metrics that promtool finds nothing to say about", () => {
		expect(checkMetrics(metrics)).toBe("");
	});

	test.skipIf(!hasPrometheus)(
		"is scraped by Prometheus: the same values, and exemplars that lead to its traces",
		async () => {
			const ofApp = ({ labels: { __name__, job, instance, ...labels }, value }: Series) => ({ labels, value });
			for (const name of ["pipeline_runs_total", "pipeline_stage_calls_total", "pipeline_tokens_total"]) {
				// The program has ended: what is asked for is the last that was scraped of it.
				const scraped = (await prometheus?.query(`last_over_time(${name}[10m])`)) ?? [];
				const inOrder = (series: readonly Series[]) =>
					series.map((one) => JSON.stringify(one.labels, Object.keys(one.labels).sort()) + one.value).sort();
				expect(inOrder(scraped.map(ofApp))).toEqual(inOrder(seriesIn(metrics, name)));
			}
			const traceIds = new Set(spans.map(({ traceId }) => traceId));
			const stored = (await prometheus?.exemplars('{__name__=~"pipeline_.+"}')) ?? [];
			expect(stored.map(({ metric }) => metric)).toContain("pipeline_run_duration_seconds_bucket");
			expect(stored.map(({ metric }) => metric)).toContain("pipeline_stage_duration_seconds_bucket");
			for (const { labels } of stored) {
				expect(traceIds).toContain(labels.trace_id);
				expect(byId.get(labels.span_id ?? "")?.traceId).toBe(labels.trace_id);
			}
		},
	);

	test("has log lines with the ids of its spans, in every trace", () => {
		const lines = receiver.logs().filter(({ traceId }) => traceId !== undefined);
		expect(new Set(lines.map(({ traceId }) => traceId))).toEqual(new Set(spans.map(({ traceId }) => traceId)));
		for (const { traceId, spanId } of lines) expect(byId.get(spanId ?? "")?.traceId).toBe(traceId);
	});
});

test("runs where nothing listens: shows the trees, says so once, and ends with code 0", {
	timeout: 60_000,
}, async () => {
	const address = await freeAddress();
	const { code, stdout, stderr } = await finish(start(["--once"], { OTEL_EXPORTER_OTLP_ENDPOINT: address }));
	expect(code).toBe(0);
	for (const name of ["docs-index", "load", "chunk", "index", "docs-qa", "retrieve", "rerank", "answer"]) {
		expect(stderr).toContain(name);
	}
	expect(stderr.match(/^✗ docs-qa/gm)).toHaveLength(3);
	expect(stderr.match(/^⊗ docs-qa · rejected \((circuit_open|rate_limited)\)/gm)).toHaveLength(2);
	expect(stderr.match(/^└─ .* answer .* [23] attempts/gm)).toHaveLength(6);
	expect(stderr).toMatch(/^✓ docs-qa .* \$0\.\d+ wasted/m);
	expect(stderr.match(/circuit breaker docs-qa.answer (opened|half-opened|closed) .*/g)).toEqual([
		"circuit breaker docs-qa.answer opened (consecutive_failures)",
		"circuit breaker docs-qa.answer half-opened (time)",
		"circuit breaker docs-qa.answer closed (probes_succeeded)",
	]);
	expect(stderr.split(address)).toHaveLength(2);
	expect(stdout).toContain("npm run stack");
});

test("goes on asking until Ctrl-C, then sums up and ends with code 0", async () => {
	const child = start([], { OTEL_EXPORTER_OTLP_ENDPOINT: await freeAddress() });
	let interrupted = false;
	child.stdout?.on("data", (data) => {
		if (interrupted || !String(data).includes("Sources:")) return;
		interrupted = child.kill("SIGINT");
	});
	const { code, stdout } = await finish(child);
	expect(code).toBe(0);
	expect(stdout).toMatch(/^\d questions? answered, none failed/m);
});

test("asks the service that the environment names", async () => {
	const server = await startOpenAiServer({
		apiKey: "key",
		models: ["other-1"],
		faults: "none",
		firstWordMs: 0,
		wordMs: 0,
	});
	try {
		const env = {
			OPENAI_BASE_URL: server.url,
			OPENAI_API_KEY: "key",
			OPENAI_MODEL: "other-1",
			OTEL_SDK_DISABLED: "true",
		};
		const { code, stdout } = await finish(start(["--once", "--json"], env));
		expect(code).toBe(0);
		const answered = questions.length - 1; // one user asks more than may be asked
		expect(JSON.parse(stdout)).toMatchObject({ answered, failed: 1, reasons: { rate_limited: 1 } });
		expect(server.stats()).toMatchObject({ requests: answered, outcomes: { ok: answered } });
	} finally {
		await server.close();
	}
});

test("explains itself, and refuses what it does not know", async () => {
	const help = await finish(start(["--help"], {}));
	expect(help).toMatchObject({ code: 0, stderr: "" });
	expect(help.stdout).toContain("--once");
	const unknown = await finish(start(["--onec"], {}));
	expect(unknown).toMatchObject({ code: 2, stdout: "" });
	expect(unknown.stderr).toContain("'--onec'");
});
