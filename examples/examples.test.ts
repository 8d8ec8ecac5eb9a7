import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../test/otlp-receiver.ts";

const folder = import.meta.dirname;
let receiver: OtlpReceiver;

beforeAll(async () => {
	receiver = await startOtlpReceiver();
});
beforeEach(() => receiver.clear());
afterAll(async () => {
	await receiver.close();
	rmSync(join(folder, "decorators/dist"), { recursive: true, force: true });
});

interface Ended {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs as `npm run example` does, with telemetry sent to a receiver of the test; without metrics, whose port is one for all. */
const example = (...given: string[]) => exampleIn({ OTEL_METRICS_EXPORTER: "none" }, ...given);

function exampleIn(settings: NodeJS.ProcessEnv, ...given: string[]): Promise<Ended> {
	const { NO_COLOR: _, FORCE_COLOR: __, ...environment } = process.env;
	const child = spawn(process.execPath, ["--conditions=@footlight/source", join(folder, "run.ts"), ...given], {
		env: { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...settings },
		cwd: join(folder, ".."),
	});
	const written = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const) {
		child[name].on("data", (chunk) => {
			written[name] += stripVTControlCharacters(String(chunk));
		});
	}
	return new Promise((resolve) => child.on("close", (status) => resolve({ status, ...written })));
}

/** Spans that arrived, each as the path of names from its root, with its outcome. */
function received(): string[] {
	const byId = new Map(receiver.spans().map((span) => [span.spanId, span]));
	const path = (id: string | undefined): string[] => {
		const span = byId.get(id ?? "");
		return span === undefined ? [] : [...path(span.parentSpanId), span.name];
	};
	return receiver
		.spans()
		.map((span) => [path(span.spanId).join("/"), span.attributes.outcome].filter(Boolean).join(" "))
		.sort();
}

describe("examples", () => {
	test("quickstart is one trace with an answer", async () => {
		const { status, stdout, stderr } = await example("quickstart");
		expect([status, stdout]).toEqual([0, "A Spanne is one step. \n"]);
		expect(stderr).toMatch(/^✓ quickstart · .* user ada · session-1 .*\n└─ ✓ answer .* 5 items {2}first at /);
		expect(received()).toEqual([
			"quickstart ok",
			"quickstart/answer ok",
			"quickstart/answer/find ok",
			"quickstart/answer/translate ok",
		]);
		expect(receiver.spans().flatMap(({ events }) => events.map(({ name }) => name))).toEqual(["answer.given"]);
	});

	test("streaming ends each stream as it ended", async () => {
		const { status, stdout } = await example("streaming");
		expect(status).toBe(0);
		expect(stdout.split("\n").slice(0, 3)).toEqual([
			"read to the end: 24 words",
			"stopped at the third word",
			"opened one and forgot it",
		]);
		expect(received()).toEqual([
			"streaming error",
			...Array(3).fill("streaming ok"),
			"streaming/broken error",
			"streaming/generate cancelled",
			"streaming/generate ok",
			"streaming/node-readable cancelled",
			"streaming/node-readable ok",
			"streaming/web-stream ok",
		]);
	});

	test("custom-middleware asks three times for two answers", async () => {
		const { status, stdout } = await example("custom-middleware");
		expect(status).toBe(0);
		expect(stdout).toBe(
			"custom-middleware/answer (stage): observe > remembered > patient(maxAttempts: 3) > ask\n" +
				"Why? Because.\nWhy? Because.\nasked 3 times for two answers\n",
		);
		expect(received().filter((span) => span.includes("attempt"))).toEqual([
			"custom-middleware/answer/answer attempt error",
			"custom-middleware/answer/answer attempt error",
			"custom-middleware/answer/answer attempt ok",
		]);
	});

	test("instrument-class sees the calls among methods", async () => {
		const { status, stdout } = await example("instrument-class");
		expect(status).toBe(0);
		expect(stdout).toBe("Flatland, Solaris\nrefused: Flatland is here already\n2 books, and it is still a Library\n");
		expect(received()).toContain("library/library.add/library.find ok");
		expect(received()).toContain("library/library.add error");
	});

	test("http-server answers inside the trace of its caller", async () => {
		const { status, stdout } = await example("http-server");
		expect([status, stdout]).toEqual([0, "hello, ada\none trace for caller and server\n"]);
		expect(received()).toEqual([
			"caller ok",
			"caller/GET",
			"caller/GET/GET",
			"caller/GET/GET/greeter ok",
			"caller/GET/GET/greeter/greet ok",
		]);
		const greeter = receiver.spans().find(({ name }) => name === "greeter");
		expect(greeter?.attributes["pipeline.request.id"]).toBe("request-1");
	});

	test("pipeline runs side by side what it can, and reports every stage", async () => {
		const { status, stdout, stderr } = await example("pipeline");
		expect(status).toBe(0);
		expect(stdout.split("\n").slice(0, 7)).toEqual([
			"Take the 08:10 to Vienna: it is sunny in Vienna. Museums: nothing is known.",
			"ok, 0.00024 US dollars",
			"weather: ok, 1 attempt, 0 tokens",
			"trains: ok, 1 attempt, 0 tokens",
			"museums: error, 1 attempt, 0 tokens",
			"plan: ok, 1 attempt, 150 tokens",
			"faster than one stage after the other",
		]);
		expect(stdout).toContain("flowchart");
		expect(stderr).toMatch(/✓ trip · .* · 120→30 tokens · \$0\.00024/);
		expect(received()).toEqual(["trip ok", "trip/chat ok", "trip/museums error", "trip/trains ok", "trip/weather ok"]);
	});

	test("metrics has the application's, Footlight's and Node's on one page", async () => {
		const settings = { OTEL_METRICS_EXPORTER: undefined, OTEL_EXPORTER_PROMETHEUS_PORT: "0" };
		const { status, stdout, stderr } = await exampleIn(settings, "metrics");
		expect([status, stderr]).toEqual([0, ""]);
		const [refused, own, runtime, ...stages] = stdout.trimEnd().split("\n");
		expect([refused, own]).toEqual(["refused: the card has a limit", "shop_orders_total 2"]);
		expect(runtime).toMatch(/^nodejs_eventloop_utilization_ratio [\d.]+$/);
		expect(stages).toEqual([
			'pipeline_stage_calls_total{pipeline_name="shop",stage_name="pay",outcome="ok"} 2',
			'pipeline_stage_calls_total{pipeline_name="shop",stage_name="pay",outcome="error"} 1',
		]);
	});

	test("breaker-outside-retry counts calls, retry-outside-breaker counts attempts", async () => {
		const outside = await example("breaker-outside-retry");
		const callsOf = ({ stdout }: Ended) => stdout.trimEnd().split("\n").slice(1);
		expect([outside.status, callsOf(outside)]).toEqual([
			0,
			[
				"call 1: 3 requests, then 503; the breaker is closed",
				"call 2: 3 requests, then 503; the breaker is open",
				"call 3: 0 requests, then circuit_open; the breaker is open",
				"6 requests to a service that is down",
			],
		]);
		const requests = (spans: readonly string[]) => spans.filter((span) => span.endsWith("attempt error"));
		expect(requests(received())).toHaveLength(6);
		receiver.clear();

		const inside = await example("retry-outside-breaker");
		expect([inside.status, callsOf(inside)]).toEqual([
			0,
			[
				"call 1: 2 requests, then circuit_open; the breaker is open",
				"call 2: 0 requests, then circuit_open; the breaker is open",
				"call 3: 0 requests, then circuit_open; the breaker is open",
				"2 requests to a service that is down",
			],
		]);
		expect(requests(received())).toHaveLength(2);
		expect(received()).toContain("order/page/page attempt rejected");
	});

	test("the two differ only in the order of the layers", () => {
		const linesOf = (name: string) =>
			readFileSync(join(folder, `${name}.ts`), "utf8")
				.split("\n")
				.slice(1);
		const [outside, inside] = [linesOf("breaker-outside-retry"), linesOf("retry-outside-breaker")];
		expect(inside).toHaveLength(outside.length);
		expect(outside.flatMap((line, index) => (line === inside[index] ? [] : [line, inside[index]]))).toEqual([
			'const page = light.stage("page", load, { use: [breaker, again] });',
			'const page = light.stage("page", load, { use: [again, breaker] });',
		]);
	});

	test("tokens-to-speech holds the model back, and drops nothing", async () => {
		const { status, stdout } = await example("tokens-to-speech");
		expect(status).toBe(0);
		expect(stdout).toMatch(
			/^the model was held back by its listener, \d+ times\nspoke for \d+ ms: 0 ms dropped, \d gaps\n$/,
		);
		expect(received()).toEqual([
			"tokens-to-speech ok",
			"tokens-to-speech/speak ok",
			"tokens-to-speech/speak/sentences ok",
			"tokens-to-speech/speak/sentences/model ok",
		]);
		const events = receiver.spans().flatMap(({ name, events }) => events.map((event) => `${name} ${event.name}`));
		expect(events).toContain("sentences stream.producer_blocked");
		expect(events).toContain("sentences stream.queue_closed");
	});

	test("audio-buffer is held back, runs dry, is filled again and overflows, and says so", async () => {
		const { status, stdout } = await example("audio-buffer");
		expect(status).toBe(0);
		expect(stdout.trimEnd().split("\n")).toEqual([
			"arrived 1111100004111e00001",
			"played  ..#####..###############",
			"stream.buffer_underrun",
			"stream.buffer_recovered",
			"stream.buffer_overflow: 20 ms",
			"stream.buffer_overflow: 120 ms",
			"540 ms arrived: 400 played, 140 dropped",
		]);
		const events = receiver.spans().flatMap(({ name, events }) => events.map((event) => `${name} ${event.name}`));
		expect(new Set(events)).toEqual(
			new Set(["overflow", "underrun", "recovered"].map((event) => `listen stream.buffer_${event}`)),
		);
	});

	test("audit-log loses nothing: the other side is away, and the process ends", async () => {
		const { status, stdout } = await example("audit-log");
		expect([status, stdout]).toEqual([
			0,
			"50 accepted, 0 arrived, 50 left on disk: the process ends\n" +
				"100 accepted, 0 left, 100 arrived, some of them twice\n",
		]);
	});

	test("decorators makes stages of methods", async () => {
		const { status, stdout } = await example("decorators");
		expect([status, stdout]).toEqual([0, "A\ntrace\nis\none\nrun.\n"]);
		expect(received()).toEqual(["reader ok", "reader/words-of-page ok", "reader/words-of-page/load ok"]);
	});
});

describe("npm run example", () => {
	test("lists every example with a sentence", async () => {
		const { status, stdout } = await example();
		expect(status).toBe(0);
		const lines = stdout.trimEnd().split("\n");
		expect(lines.length).toBeGreaterThanOrEqual(11);
		for (const line of lines) expect(line).toMatch(/^ {2}[a-z-]+ +[A-Z].*\.$/);
	});

	test("refuses a name it does not know, and lists those it does", async () => {
		const { status, stdout, stderr } = await example("quick");
		expect([status, stdout]).toEqual([2, ""]);
		expect(stderr).toMatch(/there is no example "quick"[\s\S]*quickstart/);
	});

	test("runs examples that are read in a minute", () => {
		const small = readdirSync(folder).filter((file) => /^[a-z-]+\.ts$/.test(file));
		for (const file of small)
			expect(readFileSync(join(folder, file), "utf8").split("\n").length, file).toBeLessThan(65);
	});
});
