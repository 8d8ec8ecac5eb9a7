// Over 250 lines: a test for each way in which the spans of a run can begin and end, and each way a stream can fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { telemetryFailures } from "@footlight/core";
import { type Context, ROOT_CONTEXT, type Span, TraceFlags, trace } from "@opentelemetry/api";
import {
	AlwaysOffSampler,
	createAlwaysRecordSampler,
	type SpanProcessor,
	TracerProvider,
} from "@opentelemetry/sdk-trace";
import { describe, expect, test, vi } from "vitest";
import { type ConsoleExporterOptions, consoleExporter } from "./console.ts";

function set(options: ConsoleExporterOptions = {}) {
	const chunks: string[] = [];
	const stream = { write: (chunk: string) => chunks.push(chunk) };
	const exporter = consoleExporter({ stream, colors: false, width: 80, ...options });
	const processor: SpanProcessor = exporter;
	const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("test");
	const start = (name: string, attributes: Record<string, string>, parent?: Span | Context): Span =>
		tracer.startSpan(
			name,
			{ attributes },
			parent && ("spanContext" in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent),
		);
	return {
		exporter,
		printed: () => chunks.join(""),
		/** The names in the order of their rows, without glyphs, bars and times. */
		names: () => [...chunks.join("").matchAll(/^[├└│─ ]*[✓✗…·] (\S+)/gmu)].map(([, name]) => name),
		run: (name: string, parent?: Span | Context) =>
			start(name, { "pipeline.name": name, "pipeline.run.id": `id-${name}`, outcome: "ok" }, parent),
		stage: (name: string, parent?: Span | Context) =>
			start(name, { "pipeline.name": "p", "stage.name": name, outcome: "ok" }, parent),
		foreign: (name: string, parent?: Span | Context) => start(name, {}, parent),
	};
}

describe("consoleExporter", () => {
	test("draws a run when its span has ended", () => {
		const { run, stage, names, printed } = set();
		const root = run("docs-qa");
		const load = stage("load", root);
		load.end();
		expect(printed()).toBe("");
		root.end();
		expect(names()).toEqual(["docs-qa", "load"]);
		expect(printed()).toMatch(/run id-docs- {2}trace [0-9a-f]{8}\n└─ ✓ load .*\n\n$/);
	});

	test("waits for a child that ends after its run", () => {
		const { run, stage, names, printed } = set();
		const root = run("docs-qa");
		const slow = stage("slow", root);
		root.end();
		expect(printed()).toBe("");
		slow.end();
		expect(names()).toEqual(["docs-qa", "slow"]);
	});

	test("draws a waiting run on flush, and the late child's end as a tree of its own", async () => {
		const { run, stage, exporter, names, printed } = set();
		const root = run("docs-qa");
		const outer = stage("outer", root);
		const inner = stage("inner", outer);
		root.end();
		await exporter.forceFlush();
		expect(printed()).toContain("… outer");
		expect(printed()).toContain("still open");
		inner.end();
		expect(names()).toEqual(["docs-qa", "outer", "inner"]);
		outer.end();
		expect(names()).toEqual(["docs-qa", "outer", "inner", "outer", "inner"]);
	});

	test("does not draw a run that goes on when it is flushed, but does at shutdown", async () => {
		const { run, stage, exporter, names, printed } = set();
		const root = run("docs-qa");
		stage("load", root).end();
		await exporter.forceFlush();
		expect(printed()).toBe("");
		await exporter.shutdown();
		expect(names()).toEqual(["docs-qa", "load"]);
		expect(printed()).toMatch(/^… docs-qa · still open/);
		root.end();
		run("after").end();
		expect(names()).toHaveLength(2);
	});

	test("draws a run inside a server span as its own tree, and the server span not at all", () => {
		const { run, stage, foreign, names } = set();
		const server = foreign("GET");
		const root = run("docs-qa", server);
		stage("load", root).end();
		root.end();
		expect(names()).toEqual(["docs-qa", "load"]);
		foreign("middleware", server).end();
		server.end();
		expect(names()).toHaveLength(2);
	});

	test("draws a run that outlives the server span it is in", () => {
		const { run, stage, foreign, names } = set();
		const server = foreign("GET");
		const root = run("docs-qa", server);
		const load = stage("load", root);
		server.end();
		load.end();
		root.end();
		expect(names()).toEqual(["docs-qa", "load"]);
	});

	test("draws a run with a remote parent as its own tree, even where the caller is in this process", () => {
		const { run, stage, names } = set();
		const caller = run("caller");
		const remote = trace.setSpanContext(ROOT_CONTEXT, { ...caller.spanContext(), isRemote: true });
		const callee = run("callee", remote);
		stage("work", callee).end();
		callee.end();
		expect(names()).toEqual(["callee", "work"]);
		caller.end();
		expect(names()).toEqual(["callee", "work", "caller"]);
	});

	test("shows foreign spans inside a run, and runs inside it", () => {
		const { run, stage, foreign, names } = set();
		const root = run("outer");
		const fetch = foreign("fetch", root);
		const nested = run("nested", fetch);
		stage("work", nested).end();
		nested.end();
		fetch.end();
		root.end();
		expect(names()).toEqual(["outer", "fetch", "nested", "work"]);
	});

	test("draws a stage outside a run as a small tree", () => {
		const { stage, foreign, names, printed } = set();
		const alone = stage("retrieve");
		foreign("GET", alone).end();
		alone.end();
		expect(names()).toEqual(["retrieve", "GET"]);
		expect(printed()).toContain("stage of p");
	});

	test("draws nothing that is not sampled", () => {
		const chunks: string[] = [];
		const exporter = consoleExporter({ stream: { write: (chunk) => chunks.push(chunk) } });
		const sampler = createAlwaysRecordSampler(new AlwaysOffSampler());
		const tracer = new TracerProvider({ sampler, spanProcessors: [exporter] }).getTracer("test");
		const span = tracer.startSpan("run", { attributes: { "pipeline.name": "p", "pipeline.run.id": "r" } });
		expect(span.isRecording()).toBe(true);
		expect(span.spanContext().traceFlags).toBe(TraceFlags.NONE);
		span.end();
		expect(chunks).toEqual([]);
	});

	test("keeps runs that happen at once apart", () => {
		const { run, stage, names } = set();
		const [one, two] = [run("one"), run("two")];
		const [first, second] = [stage("first", one), stage("second", two)];
		second.end();
		first.end();
		two.end();
		one.end();
		expect(names()).toEqual(["two", "second", "one", "first"]);
	});

	test("drops the oldest unfinished run beyond its bound, counts and says it", async () => {
		const { run, stage, exporter, names, printed } = set({ maxPendingSpans: 4 });
		const stuck = run("stuck");
		stage("part", stuck).end();
		stage("part", stuck).end();
		const next = run("next");
		stage("load", next).end();
		next.end();
		expect(names()).toEqual(["next", "load"]);
		expect(exporter.droppedSpans).toBe(3);
		expect(printed()).toContain("⋯ 3 spans of unfinished runs dropped (maxPendingSpans is 4)\n");
		stuck.end();
		await exporter.shutdown();
		expect(names()).toHaveLength(2);
		expect(printed().match(/dropped/g)).toHaveLength(1);
	});

	test("keeps a run that is larger than the bound, and counts the rows it let go", () => {
		const { run, stage, exporter, names, printed } = set({ maxPendingSpans: 4 });
		const root = run("large");
		for (let part = 0; part < 100; part += 1) stage(`part-${part}`, root).end();
		root.end();
		expect(names()).toEqual(["large", "part-0", "part-1", "part-2"]);
		expect(printed()).toContain("⋯ 97 more spans of this run not kept\n");
		expect(exporter.droppedSpans).toBe(0);
	});

	test("lets go of a run whose spans are opened and never ended", () => {
		const { run, stage, exporter } = set({ maxPendingSpans: 10 });
		const root = run("leaking");
		for (let part = 0; part < 1000; part += 1) stage("never", root);
		expect(exporter.droppedSpans).toBeGreaterThan(900);
	});

	test("colours a terminal and takes its width", () => {
		const chunks: string[] = [];
		vi.stubEnv("FORCE_COLOR", undefined);
		vi.stubEnv("NO_COLOR", undefined);
		vi.stubEnv("TERM", "xterm");
		const terminal = { isTTY: true, columns: 60, write: (chunk: string) => chunks.push(chunk) };
		const tracer = new TracerProvider({ spanProcessors: [consoleExporter({ stream: terminal })] }).getTracer("test");
		tracer.startSpan("p", { attributes: { "pipeline.name": "p", "pipeline.run.id": "r" } }).end();
		expect(chunks.join("")).toContain("\u001b[");
		const [first = ""] = stripVTControlCharacters(chunks.join("")).split("\n");
		expect(first).toHaveLength(60);
	});

	test.each<[string, ConsoleExporterOptions["stream"]]>([
		[
			"throws",
			{
				write: () => {
					throw new Error("closed");
				},
			},
		],
		["fails later", new Writable({ write: (_chunk, _encoding, done) => setImmediate(done, new Error("EPIPE")) })],
		["is destroyed", new Writable({ write: () => {} }).destroy()],
	])("goes on when the stream %s, and counts it", async (_title, stream = process.stderr) => {
		const failures = () => telemetryFailures().get("consoleExporter") ?? 0;
		const before = failures();
		const { run, exporter } = set({ stream });
		run("one").end();
		run("two").end();
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(exporter.droppedSpans).toBe(2);
		expect(failures() - before).toBe(2);
	});

	test("stops feeding a stream that does not drain", () => {
		const stream = new Writable({ highWaterMark: 1, write: () => {} });
		const { run, exporter } = set({ stream });
		stream.write("x".repeat(2 << 20));
		run("one").end();
		expect(exporter.droppedSpans).toBe(1);
		expect(stream.writableLength).toBe(2 << 20);
	});

	test("lets the process end as it would when nobody reads its stderr", async () => {
		const script = fileURLToPath(new URL("./console/closed-pipe.fixture.ts", import.meta.url));
		const child = spawn(process.execPath, ["--conditions=@footlight/source", script], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		child.stderr.destroy();
		const [output, [code]] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "exit")]);
		expect([output.join(""), code]).toEqual(["finished\n", 7]);
	});

	test.each<[unknown, string]>([
		[
			{ colour: true },
			'TypeError: consoleExporter: unknown option "colour"; known options are stream, colors, width, maxRows, maxPendingSpans',
		],
		[{ colors: "always" }, 'RangeError: consoleExporter: colors must be true, false or "auto", got "always"'],
		[{ colors: 1 }, 'TypeError: consoleExporter: colors must be true, false or "auto", got 1'],
		[{ width: 10 }, "RangeError: consoleExporter: width must be an integer of at least 40, got 10"],
		[{ width: "wide" }, 'TypeError: consoleExporter: width must be an integer of at least 40, got "wide"'],
		[{ maxRows: 0 }, "RangeError: consoleExporter: maxRows must be a positive integer, got 0"],
		[{ maxPendingSpans: 1.5 }, "RangeError: consoleExporter: maxPendingSpans must be a positive integer, got 1.5"],
		[{ stream: {} }, "TypeError: consoleExporter: stream must have a method write, got an object"],
		[null, "TypeError: consoleExporter: options must be an object, got null"],
	])("refuses %o", (options, message) => {
		let error: unknown;
		try {
			consoleExporter(options as ConsoleExporterOptions);
		} catch (thrown) {
			error = thrown;
		}
		expect(String(error)).toBe(message);
	});
});
