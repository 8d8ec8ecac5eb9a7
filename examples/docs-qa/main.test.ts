import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../test/otlp-receiver.ts";
import { type OpenAiServerStats, startOpenAiServer } from "../openai-server/openai-server.ts";
import { questions } from "./questions.ts";
import type { TallyCounts } from "./tally.ts";

interface Summary extends TallyCounts {
	readonly server?: OpenAiServerStats;
}

interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
	const inherited = Object.entries(process.env).filter(([name]) => !/^(OPENAI|OTEL|VITEST)|COLOR/.test(name));
	return spawn(process.execPath, ["--conditions=@footlight/source", join(import.meta.dirname, "main.ts"), ...args], {
		env: { ...Object.fromEntries(inherited), ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
}

async function finish(child: ChildProcess): Promise<Finished> {
	const { stdout: out, stderr: err } = child;
	if (!out || !err) throw new Error("the child has no output");
	const [stdout, stderr, [code]] = await Promise.all([text(out), text(err), once(child, "close")]);
	return { code, stdout, stderr };
}

async function freeAddress(): Promise<string> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	if (address === null || typeof address === "string") throw new Error("no port");
	return `http://127.0.0.1:${address.port}`;
}

describe("one pass over the questions, as an OTLP receiver sees it", () => {
	let receiver: OtlpReceiver;
	let finished: Finished;
	let summary: Summary;
	let spans: readonly ReceivedSpan[];
	const byId = new Map<string, ReceivedSpan>();

	const childrenOf = (parent: ReceivedSpan) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
	const inTimeOrder = (a: ReceivedSpan, b: ReceivedSpan) => Number(a.startNs - b.startNs);
	const roots = () => spans.filter(({ parentSpanId }) => parentSpanId === undefined).sort(inTimeOrder);
	const modelSpans = () => spans.filter(({ kind }) => kind === "client").sort(inTimeOrder);

	beforeAll(async () => {
		receiver = await startOtlpReceiver();
		finished = await finish(start(["--once", "--json"], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }));
		summary = JSON.parse(finished.stdout);
		spans = receiver.spans();
		for (const span of spans) byId.set(span.spanId, span);
	});
	afterAll(() => receiver.close());

	test("ends with code 0 and a summary of every question", () => {
		expect(finished.code).toBe(0);
		expect(summary).toMatchObject({ answered: 9, failed: 3 });
		expect(summary.reasons).toMatchObject({ "429 rate_limit_exceeded": 1, "500 server_error": 1 });
		expect(finished.stderr).toContain("9 questions answered, 3 failed");
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
			const stages = stagesOf(root);
			expect(stages.map(({ name }) => name)).toEqual(["retrieve", "rerank", "answer"]);
			expect(stages.flatMap(childrenOf).map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
				["chat extractive-1", stages[2]?.spanId],
			]);
		}
		expect(spans).toHaveLength(4 + 5 * questions.length);
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
		const wordMs = 8;
		const streams = spans.filter(({ name }) => name === "answer").sort(inTimeOrder);
		for (const span of streams.filter(({ status }) => status.code !== "error")) {
			const items = Number(span.attributes["stream.item_count"]);
			expect(items).toBeGreaterThan(10);
			// Three parts carry no word: the role, the finish reason and the usage. A timer may fire a little early.
			expect(span.durationMs).toBeGreaterThan((items - 3) * (wordMs - 1));
			expect(Number(span.attributes["stream.time_to_first_item_ms"])).toBeLessThan(span.durationMs);
		}
		const itemsOf = (list: readonly ReceivedSpan[]) =>
			list.map(({ attributes }) => attributes["stream.item_count"] ?? 0);
		expect(itemsOf(modelSpans())).toEqual(itemsOf(streams));
		const slow = streams[8];
		expect(slow?.attributes["stream.time_to_first_item_ms"]).toBeGreaterThan(1_100);
		expect(slow?.durationMs).toBeGreaterThan(1_100);
	});

	test("has a model span for every request that the server counted, failed where the server failed it", () => {
		const models = modelSpans();
		expect(summary.server?.requests).toBe(questions.length);
		expect(models).toHaveLength(summary.server?.requests ?? -1);
		const failed = models.flatMap(({ status }, index) => (status.code === "error" ? index + 1 : []));
		expect(failed).toEqual([4, 7, 11]);
		expect(summary.server?.outcomes).toEqual({
			ok: 9,
			rate_limited: 1,
			server_error: 1,
			cut: 1,
			aborted: 0,
			invalid: 0,
		});
		for (const number of failed) expect(roots()[number]?.status.code).toBe("error");
	});

	test("has the tokens of the summary on its model spans", () => {
		const sum = (name: string) => modelSpans().reduce((total, span) => total + Number(span.attributes[name] ?? 0), 0);
		expect(summary.inputTokens).toBeGreaterThan(1_000);
		expect(sum("gen_ai.usage.input_tokens")).toBe(summary.inputTokens);
		expect(sum("gen_ai.usage.output_tokens")).toBe(summary.outputTokens);
	});

	test("has log lines with the ids of its spans, in every trace", () => {
		const lines = receiver.logs().filter(({ traceId }) => traceId !== undefined);
		expect(new Set(lines.map(({ traceId }) => traceId))).toEqual(new Set(spans.map(({ traceId }) => traceId)));
		for (const { traceId, spanId } of lines) expect(byId.get(spanId ?? "")?.traceId).toBe(traceId);
	});
});

test("runs where nothing listens: shows the trees, says so once, and ends with code 0", async () => {
	const address = await freeAddress();
	const { code, stdout, stderr } = await finish(start(["--once"], { OTEL_EXPORTER_OTLP_ENDPOINT: address }));
	expect(code).toBe(0);
	for (const name of ["docs-index", "load", "chunk", "index", "docs-qa", "retrieve", "rerank", "answer"]) {
		expect(stderr).toContain(name);
	}
	expect(stderr.match(/^✗ docs-qa/gm)).toHaveLength(3);
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
		expect(JSON.parse(stdout)).toMatchObject({ answered: questions.length, failed: 0 });
		expect(server.stats()).toMatchObject({ requests: questions.length, outcomes: { ok: questions.length } });
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
