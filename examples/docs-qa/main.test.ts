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
import type { AuditLog } from "./audit-log.ts";
import type { BackgroundTraces } from "./background-traces.ts";
import { localPrices } from "./model-service.ts";
import type { PassageServer } from "./passage-server.ts";
import { questions } from "./questions.ts";
import type { TallyCounts } from "./tally.ts";

interface Summary extends TallyCounts {
	readonly server?: OpenAiServerStats;
	readonly smallServer?: OpenAiServerStats;
	readonly passages: ReturnType<PassageServer["stats"]>;
	readonly audit: ReturnType<AuditLog["stats"]>;
	readonly background: ReturnType<BackgroundTraces["report"]>;
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
	/** Of checks that something was wrong with. */
	let healthSpans: readonly ReceivedSpan[];
	let metrics: string;
	let prometheus: PrometheusServer | undefined;
	const byId = new Map<string, ReceivedSpan>();

	const childrenOf = (parent: ReceivedSpan) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
	const inTimeOrder = (a: ReceivedSpan, b: ReceivedSpan) => Number(a.startNs - b.startNs);
	const roots = () => spans.filter(({ parentSpanId }) => parentSpanId === undefined).sort(inTimeOrder);
	const named = (name: string) => roots().filter((root) => root.name === name);
	const modelSpans = (model?: string) =>
		spans
			.filter(({ kind, name }) => kind === "client" && (model === undefined || name === `chat ${model}`))
			.sort(inTimeOrder);
	const isAttempt = ({ attributes }: ReceivedSpan) => attributes["retry.attempt"] !== undefined;
	const stageSpans = (name: string) =>
		spans.filter((span) => span.attributes["stage.name"] === name && !isAttempt(span)).sort(inTimeOrder);
	/** Calls, or attempts of them, that were made more than once at the same time. */
	const hedged = (name: string) =>
		spans.filter(
			({ attributes }) => attributes["stage.name"] === name && attributes["hedge.attempt_count"] !== undefined,
		);
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
		const isHealthCheck = ({ attributes }: ReceivedSpan) => attributes["pipeline.name"] === "docs-health";
		healthSpans = receiver.spans().filter(isHealthCheck);
		spans = receiver.spans().filter((span) => !isHealthCheck(span));
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
		expect(summary).toMatchObject({ answered: 9, failed: 5 });
		expect(summary.reasons).toMatchObject({ "500 server_error": 2, circuit_open: 1, rate_limited: 1 });
		expect(finished.stderr).toContain("9 questions answered, 5 failed");
		expect(finished.stderr).toContain(receiver.url);
	});

	test("has one trace for the indexing, one for each question and one for what follows from each answer, with the user's ids", () => {
		const asked = named("docs-qa");
		const idsOf = (list: readonly ReceivedSpan[]) =>
			list.map(({ attributes }) => [attributes["user.id"], attributes["session.id"]]);
		expect(named("docs-index")).toHaveLength(1);
		expect(idsOf(asked)).toEqual(questions.map(({ userId, sessionId }) => [userId, sessionId]));
		const answered = asked.filter(({ attributes }) => attributes.outcome === "ok");
		expect(idsOf(named("docs-follow-up"))).toEqual(idsOf(answered));
		expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1 + questions.length + answered.length);
		expect(new Set(asked.map(({ attributes }) => attributes["pipeline.run.id"])).size).toBe(questions.length);
	});

	test("has every stage below its run, and the model below the answer", () => {
		const stagesOf = (root: ReceivedSpan) => childrenOf(root).sort(inTimeOrder);
		const namesOf = (pipeline: string) => named(pipeline).map((root) => stagesOf(root).map(({ name }) => name));
		expect(namesOf("docs-index")).toEqual([["load", "chunk", "index"]]);
		for (const names of namesOf("docs-follow-up")) expect(names).toEqual(["title", "next"]);
		const upToAnswer = ["retrieve", "fetch", "fetch", "fetch", "rerank", "answer"];
		const spoken = namesOf("docs-qa").filter((names) => names.length > upToAnswer.length);
		for (const names of namesOf("docs-qa")) expect([...upToAnswer, "speak"].slice(0, names.length)).toEqual(names);
		expect(spoken).toHaveLength(summary.answered + (summary.server?.outcomes.cut ?? 0));
		const stages = roots().flatMap(stagesOf);
		const attempts = spans.filter(isAttempt);
		// One that was retried and then hedged stands below the attempt that it belongs to.
		for (const { parentSpanId = "" } of attempts) expect([...stages, ...attempts]).toContain(byId.get(parentSpanId));
		// What the first attempt called stands below the stage itself, what the others called below each of them.
		for (const model of modelSpans()) {
			const above = byId.get(model.parentSpanId ?? "");
			const stage = above?.attributes["stage.name"];
			expect(["chat extractive-1 in answer", "chat titles-1 in title", "chat titles-1 in next"]).toContain(
				`${model.name} in ${stage}`,
			);
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
			const model = modelSpans("extractive-1").findLast(({ traceId }) => traceId === span.traceId);
			expect(model?.attributes["stream.item_count"]).toBe(items + 3);
		}
	});

	test("has a model span for every request that the server counted, failed where the server failed it", () => {
		const models = modelSpans("extractive-1");
		expect(models).toHaveLength(summary.server?.requests ?? -1);
		expect(outcomes(modelSpans("titles-1"))).toEqual(Array(summary.smallServer?.requests ?? -1).fill("ok"));
		const ended = (outcome: string) => outcomes(models).flatMap((each, index) => (each === outcome ? index + 1 : []));
		expect(ended("error")).toEqual([2, 4, 8, 11, 12, 13, 14, 15, 16]);
		expect(ended("cancelled")).toEqual([9]);
		expect(summary.server).toMatchObject({
			requests: 20,
			outcomes: { ok: 10, rate_limited: 1, server_error: 7, cut: 1, aborted: 1, invalid: 0 },
		});
		expect(outcomes(named("docs-qa"))).toEqual([
			...["ok", "ok", "ok", "ok", "error", "ok", "error", "rejected", "error", "rejected", "ok", "ok", "ok", "ok"],
		]);
	});

	test.each([
		["answer", () => summary.server?.requests],
		["fetch", () => summary.passages.requests],
	])("has as many attempts of %s as its server counted requests: on spans and in /metrics", (name, requests) => {
		const called = stageSpans(name).filter(({ attributes }) => attributes.outcome !== "rejected");
		const attemptsOf = ({ attributes }: ReceivedSpan) => Number(attributes["retry.attempt_count"] ?? 1);
		const attempts = called.reduce((total, span) => total + attemptsOf(span), 0);
		const isOf = ({ attributes }: ReceivedSpan) => attributes["stage.name"] === name;
		const hedges = sum(hedged(name), "hedge.attempt_count") - hedged(name).length;
		expect(attempts).toBeGreaterThan(called.length);
		// Whether one that was given up for another had been sent by then is the network's to say.
		const givenUp = spans.filter((span) => isAttempt(span) && isOf(span) && span.attributes.outcome === "cancelled");
		expect(requests()).toBeLessThanOrEqual(attempts + hedges);
		expect(requests()).toBeGreaterThanOrEqual(attempts + hedges - givenUp.length);
		for (const span of called.filter(
			(span) => ![span, ...childrenOf(span)].some((each) => hedged(name).includes(each)),
		)) {
			const drawn = childrenOf(span).filter(isAttempt).sort(inTimeOrder);
			const expected = attemptsOf(span) === 1 ? [] : Array.from({ length: attemptsOf(span) }, (_, index) => index + 1);
			expect(drawn.map(({ attributes }) => attributes["retry.attempt"])).toEqual(expected);
		}

		const labels = { pipeline_name: "docs-qa", stage_name: name };
		expect(metric("pipeline_retry_attempts_per_call_sum", labels)).toBe(attempts);
		expect(metric("pipeline_retry_calls_total", labels)).toBe(called.length);
		expect(metric("pipeline_retry_attempts_total", labels)).toBe(attempts - called.length);
		expect(metric("pipeline_timeout_calls_total", labels)).toBe(attempts + hedges);
		const scheduled = called.flatMap(({ events }) => events.filter((event) => event.name === "retry.scheduled"));
		expect(scheduled).toHaveLength(attempts - called.length);
	});

	test("multiplies the load on the model by as much as its server counted", () => {
		const labels = { pipeline_name: "docs-qa", stage_name: "answer" };
		const retries = metric("pipeline_retry_attempts_total", labels);
		const calls = metric("pipeline_retry_calls_total", labels);
		const { requests = Number.NaN, calls: counted = Number.NaN } = summary.server ?? {};
		expect(calls).toBe(counted);
		expect(1 + retries / calls).toBeCloseTo(requests / counted, 9);
		expect(requests / counted).toBeGreaterThan(1.5);
	});

	test("makes a slow request for passages a second time, two at a time, and counts them as their server does", () => {
		expect(hedged("fetch").length).toBeGreaterThan(0);
		expect(metric("pipeline_hedge_calls_total", { hedge_result: "not_needed" })).toBe(
			metric("pipeline_hedge_calls_total") - hedged("fetch").length,
		);
		const { requests, failed } = summary.passages;
		expect(metric("pipeline_bulkhead_calls_total", { bulkhead_result: "accepted" })).toBeGreaterThanOrEqual(requests);
		expect(metric("pipeline_bulkhead_capacity")).toBe(2);
		expect(metric("pipeline_bulkhead_wait_duration_seconds_count")).toBeGreaterThan(0);
		const refused = { stage_name: "fetch", error_type: "FetchError" };
		expect(metric("pipeline_retry_attempts_total", refused)).toBe(failed);
		expect(metric("pipeline_fallback_calls_total", { stage_name: "fetch" })).toBe(stageSpans("fetch").length);
		expect(metric("pipeline_fallback_calls_total", { fallback_result: "success" })).toBe(0);
	});

	test("looks up once what two people ask: on spans and in /metrics", () => {
		const requests = ({ cache_result }: Series["labels"]) => String(cache_result);
		expect(sums(seriesIn(metrics, "pipeline_cache_requests_total"), requests)).toEqual({
			hit: 1,
			miss: questions.length - 1,
		});
		const searched = stageSpans("retrieve").filter(
			({ attributes }) => attributes["retrieval.candidates"] !== undefined,
		);
		expect(searched).toHaveLength(questions.length - 1);
		const [hit] = stageSpans("retrieve").filter(({ attributes }) => attributes["cache.result"] === "hit");
		expect(hit?.attributes["user.id"]).toBe("edsger");
		expect(metric("pipeline_cache_entries") + metric("pipeline_cache_evictions_total")).toBe(searched.length);
	});

	test("ranks with care where the flag is on: on spans and in /metrics", () => {
		const variant = ({ feature_flag_result_variant }: Series["labels"]) => String(feature_flag_result_variant);
		const off = questions.filter(({ userId }) => userId === "barbara").length;
		expect(sums(seriesIn(metrics, "pipeline_feature_flag_evaluations_total"), variant)).toEqual({
			off,
			on: questions.length - off,
		});
		for (const { attributes } of stageSpans("rerank")) {
			expect([attributes["feature_flag.result.variant"], attributes.outcome]).toEqual(
				attributes["user.id"] === "barbara" ? ["off", "skipped"] : ["on", "ok"],
			);
		}
	});

	test("has an audit log in which every entry has arrived or was given up: at its server and in /metrics", () => {
		const { log, server } = summary.audit;
		const lost = log.lost["400"] ?? 0;
		expect(log).toMatchObject({ accepted: 2 * questions.length, left: 0, lost: { 400: expect.any(Number) } });
		expect(log.accepted).toBe(log.delivered + lost);
		expect(server).toMatchObject({ taken: log.delivered, out: 1, refused: 1 });
		const items = ({ error_type }: Series["labels"]) => error_type ?? "delivered";
		expect(sums(seriesIn(metrics, "pipeline_exporter_items_total"), items)).toEqual({
			delivered: log.delivered,
			400: lost,
		});
		expect(metric("pipeline_exporter_spool_backlog")).toBe(0);
		expect(metric("pipeline_exporter_flush_duration_seconds_count")).toBe(server.requests);
		// One that is given up for good is a failure of telemetry; nobody who asked has noticed.
		expect(metric("pipeline_telemetry_failures_total")).toBe(server.refused);
	});

	test("keeps of the health checks only those that something was wrong with, and counts the others", () => {
		const { ended, kept, sampledOut } = summary.background;
		expect(ended).toBe(kept + sampledOut);
		expect(summary.passages.healthChecks * 2).toBe(sampledOut + healthSpans.length);
		expect(kept - healthSpans.length).toBe(
			spans.filter(({ attributes }) => attributes["pipeline.name"] === "docs-follow-up").length,
		);
		const dropped = metric("pipeline_telemetry_dropped_total", { pipeline_telemetry_reason: "sampling" });
		expect(dropped).toBeGreaterThan(0);
		expect(dropped).toBeLessThanOrEqual(sampledOut);
	});

	test("speaks every word of an answer, shows some of them, and waits where the model does: on spans and in /metrics", () => {
		const labels = { stage_name: "speak" };
		expect(sum(stageSpans("speak"), "stream.item_count")).toBe(sum(stageSpans("answer"), "stream.item_count"));
		const captions = { ...labels, stream_name: "captions" };
		const words = metric("pipeline_stream_items_total", { ...captions, stream_direction: "in" });
		const shown = metric("pipeline_stream_items_total", { ...captions, stream_direction: "out" });
		expect(words).toBe(sum(stageSpans("speak"), "stream.item_count"));
		expect(words).toBe(shown + metric("pipeline_stream_dropped_total", captions));
		expect(shown).toBeLessThan(words);
		const voice = { ...labels, stream_name: "voice" };
		expect(
			metric("pipeline_stream_buffer_events_total", { ...voice, stream_buffer_event: "underrun" }),
		).toBeGreaterThan(0);
		expect(metric("pipeline_stream_buffer_fill_seconds", voice)).toBe(0);
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

		const events = spans
			.flatMap((span) => span.events.map((event) => ({ ...event, span })))
			.filter(({ attributes }) => attributes["stream.name"] === "words");
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
		expect(runs).toEqual({
			"docs-index ok": 1,
			"docs-qa ok": 9,
			"docs-qa error": 3,
			"docs-qa rejected": 2,
			"docs-follow-up ok": 9,
		});
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
		const ofModel = (name: string) => name.includes("/chat.completions.create ");
		const { "docs-qa/fetch ok": fetches, ...once } = stages;
		expect(fetches).toBe(3 * questions.length); // a report has its parts as one
		expect(flat(summary.stages)).toEqual({
			...Object.fromEntries(Object.entries(once).filter(([name]) => !ofModel(name))),
			"docs-qa/fetch ok": questions.length,
		});
		const { ok = 0, rate_limited = 0, server_error = 0, cut = 0, aborted = 0 } = summary.server?.outcomes ?? {};
		expect(Object.fromEntries(Object.entries(stages).filter(([name]) => ofModel(name)))).toEqual({
			"docs-qa/chat.completions.create ok": ok,
			"docs-qa/chat.completions.create error": rate_limited + server_error + cut,
			"docs-qa/chat.completions.create cancelled": aborted,
			"docs-follow-up/chat.completions.create ok": summary.smallServer?.outcomes.ok,
		});
		expect(sums(seriesIn(metrics, "pipeline_run_active"), runOf)).toEqual({});
		expect(sums(seriesIn(metrics, "pipeline_stage_active"), stageOf)).toEqual({});
	});

	test("has the tokens and the money that the local server would have billed: in reports, spans and /metrics", () => {
		const none = { input: 0, cached: 0, cacheWritten: 0, output: 0, reasoning: 0 };
		const { input, cached, cacheWritten, output, reasoning } = summary.server?.tokens ?? none;
		const small = summary.smallServer?.tokens ?? none;
		expect([summary.inputTokens, summary.outputTokens]).toEqual([input + small.input, output + small.output]);
		const typeOf = ({ gen_ai_request_model, gen_ai_token_type }: Series["labels"]) =>
			`${gen_ai_request_model} ${gen_ai_token_type}`;
		expect(sums(seriesIn(metrics, "pipeline_tokens_total"), typeOf)).toEqual({
			"extractive-1 input": input,
			"extractive-1 cache_read": cached,
			"extractive-1 cache_write": cacheWritten,
			"extractive-1 output": output,
			"extractive-1 reasoning": reasoning,
			"titles-1 input": small.input,
			"titles-1 output": small.output,
		});
		for (const some of [cached, cacheWritten, reasoning]) expect(some).toBeGreaterThan(0);

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
		// Nobody knows what the small model costs.
		const unpriced = metric("pipeline_cost_unpriced_total", { gen_ai_request_model: "titles-1" });
		expect([summary.unpricedCalls, unpriced]).toEqual(Array(2).fill(summary.smallServer?.outcomes.ok));
		expect(metric("pipeline_cost_budget_limit_usd")).toBeGreaterThan(metric("pipeline_cost_budget_spent_usd"));
		expect(metric("pipeline_cost_budget_spent_usd")).toBeGreaterThan(0);
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
	for (const name of ["docs-index", "load", "chunk", "index", "docs-qa", "retrieve", "rerank", "answer", "speak"]) {
		expect(stderr).toContain(name);
	}
	expect(stderr.match(/^✗ docs-qa/gm)).toHaveLength(3);
	expect(stderr.match(/^⊗ docs-qa · rejected \((circuit_open|rate_limited)\)/gm)).toHaveLength(2);
	expect(stderr.match(/^[├└]─ .* answer .* [23] attempts/gm)).toHaveLength(6);
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

test("asks for several users at the same time, draws their trees alone, and ends when it is terminated", async () => {
	const child = start(["--users", "3"], { OTEL_EXPORTER_OTLP_ENDPOINT: await freeAddress() });
	let trees = "";
	child.stderr?.on("data", (data) => {
		trees += String(data);
		const haveAsked = [1, 2, 3].filter((reader) => new RegExp(`^✓ docs-qa .* user \\w+-${reader} `, "m").test(trees));
		if (haveAsked.length === 3 && !child.killed) child.kill("SIGTERM");
	});
	const { code, stdout } = await finish(child);
	expect(code).toBe(0);
	for (const { text } of questions) expect(stdout).not.toContain(text);
	expect(stdout).toMatch(/^\d+ questions? answered, /m);
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
		const followUps = 2 * answered;
		expect(server.stats()).toMatchObject({ requests: answered + followUps, calls: answered });
		expect(server.stats().outcomes.ok).toBe(answered + followUps);
	} finally {
		await server.close();
	}
});

test("explains itself, and refuses what it does not know", async () => {
	const [help, tooMany, unknown] = await Promise.all(
		[["--help"], ["--users", "21"], ["--onec"]].map((args) => finish(start(args, {}))),
	);
	expect(help).toMatchObject({ code: 0, stderr: "" });
	for (const option of ["--once", "--users N"]) expect(help?.stdout).toContain(option);
	for (const refused of [tooMany, unknown]) expect(refused).toMatchObject({ code: 2, stdout: "" });
	expect(tooMany?.stderr).toContain("'--users' must be an integer from 1 to 20, got '21'");
	expect(unknown?.stderr).toContain("'--onec'");
});
