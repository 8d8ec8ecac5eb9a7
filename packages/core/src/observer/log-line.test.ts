// Over 250 lines: a test for each field and each way a logger can break.
import { Writable } from "node:stream";
import { runInNewContext } from "node:vm";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import pino, { type LevelWithSilent, type Logger as Pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import {
	CancelledError,
	footlight,
	InterruptedError,
	type LoggingOptions,
	logging,
	type Middleware,
	markOutcome,
	observe,
	RejectedError,
	systemClock,
	TimeoutError,
	telemetryFailures,
	tracing,
} from "../index.ts";
import { milliseconds, registerSdk } from "../sdk.fixture.ts";
import { recordingLogger } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

type Line = Record<string, unknown> & { err?: { type: string; message: string; stack: string } };

/** A real pino, and what it wrote. */
function pinoWithLines(level: LevelWithSilent = "debug"): { logger: Pino; lines: Line[] } {
	const lines: Line[] = [];
	const destination = new Writable({
		write(chunk, _, written) {
			lines.push(JSON.parse(chunk.toString()));
			written();
		},
	});
	return { logger: pino({ level, base: null, timestamp: false }, destination), lines };
}

const levelNames: Record<number, string> = pino.levels.labels;
const summary = ({ level, msg }: Line) => `${levelNames[level as number]} ${msg}`;

describe("log lines", () => {
	it("are written when a call starts and when it ends, with the ids of its span and run", async () => {
		const { logger, lines } = pinoWithLines();
		const light = footlight("docs-qa", { logger });
		await light.run({ userId: "user-7", extra: { "app.tenant": "acme" } }, () =>
			light.stage("ask", async () => 1, { kind: "tool" })(),
		);
		expect(lines.map(summary)).toEqual([
			"debug run docs-qa started",
			"debug stage ask started",
			"info stage ask ok",
			"info run docs-qa ok",
		]);
		for (const [index, name] of ["docs-qa", "ask", "ask", "docs-qa"].entries()) {
			const span = recorded.span(name);
			expect(lines[index]).toMatchObject({
				trace_id: span.spanContext().traceId,
				span_id: span.spanContext().spanId,
				"pipeline.name": "docs-qa",
				"pipeline.run.id": span.attributes["pipeline.run.id"],
				"user.id": "user-7",
				"app.tenant": "acme",
			});
		}
		expect(lines[1]).toMatchObject({ "stage.name": "ask" });
		expect(lines[2]).toMatchObject({ "stage.name": "ask", "stage.kind": "tool", outcome: "ok" });
		expect(lines[2]?.duration_ms).toBeTypeOf("number");
		expect(lines[3]).not.toHaveProperty("stage.name");
	});

	const marked = (outcome: "skipped" | "fallback"): Middleware => {
		const answering: Middleware = () => async (call) =>
			markOutcome(call, outcome, outcome === "fallback" ? new Error("x") : undefined);
		return answering;
	};
	it.each([
		["ok", undefined, [], "info"],
		["error", new Error("x"), [], "error"],
		["timeout", new TimeoutError("ask", 1), [], "error"],
		["rejected", new RejectedError("circuit_open", "x"), [], "error"],
		["cancelled", new CancelledError("ask"), [], "info"],
		["interrupted", new InterruptedError("x"), [], "info"],
		["skipped", undefined, [marked("skipped")], "info"],
		["fallback", undefined, [marked("fallback")], "warn"],
	] as const)("of an outcome %s have its level", async (outcome, thrown, use, level) => {
		const { logger, lines } = pinoWithLines("info");
		const fn = async (): Promise<void> => {
			if (thrown instanceof Error) throw thrown;
		};
		await footlight("docs-qa", { logger })
			.stage("ask", fn, { use })()
			.catch(() => {});
		expect(lines.map(summary)).toEqual([`${level} stage ask ${outcome}`]);
		expect(lines[0]?.outcome).toBe(outcome);
		expect(recorded.span("ask").attributes.outcome).toBe(outcome);
		expect("err" in (lines[0] ?? {})).toBe(["error", "timeout", "rejected", "fallback"].includes(outcome));
	});

	it("take their levels from the options", async () => {
		const { logger, lines } = pinoWithLines("info");
		const use = [observe({ startLevel: "info", levels: { ok: "warn", error: "info" } })];
		const light = footlight("docs-qa", { logger, use });
		light.stage("ask", () => 1)();
		await light
			.stage("fail", async () => Promise.reject(new Error("x")))()
			.catch(() => {});
		expect(lines.map(summary)).toEqual([
			"info stage ask started",
			"warn stage ask ok",
			"info stage fail started",
			"info stage fail error",
		]);
	});

	it("hold the error with its stack once, where it surfaced, and its type further out", async () => {
		const { logger, lines } = pinoWithLines("info");
		const light = footlight("docs-qa", { logger });
		const inner = light.stage("inner", async () => {
			throw new TypeError("boom");
		});
		await light.run(() => light.stage("outer", async () => inner())()).catch(() => {});
		expect(lines.map((line) => [line["error.type"], line.err?.message])).toEqual([
			["TypeError", "boom"],
			["TypeError", undefined],
			["TypeError", undefined],
		]);
		expect(lines[0]?.err?.stack).toContain("TypeError: boom");
	});

	it("show whatever was thrown", async () => {
		const { logger, lines } = pinoWithLines("info");
		const light = footlight("docs-qa", { logger });
		for (const thrown of ["boom", undefined, { reason: 1 }])
			await light
				.stage("ask", async () => Promise.reject(thrown))()
				.catch(() => {});
		expect(lines.map(({ err }) => err?.message)).toEqual(["boom", "undefined", '{"reason":1}']);
	});

	it("of a stream are written when it ends, with its count", async () => {
		const { logger, lines } = pinoWithLines("info");
		const light = footlight("docs-qa", { logger });
		for await (const _ of light.stage("count", async function* () {
			yield* [1, 2, 3];
		})()) {
			expect(lines).toEqual([]);
		}
		expect(lines[0]).toMatchObject({ msg: "stage count ok", "stream.item_count": 3 });
		expect(lines[0]?.["stream.time_to_first_item_ms"]).toBeTypeOf("number");
	});

	it("go to the logger of the layer, if it has one", () => {
		const [pipelines, layers] = [recordingLogger(), recordingLogger()];
		footlight("docs-qa", { logger: pipelines, use: [tracing(), logging({ logger: layers })] }).stage("ask", () => 1)();
		expect([pipelines.lines.length, layers.lines.length]).toEqual([0, 2]);
		expect(layers.lines[1]?.fields.span_id).toBe(recorded.span("ask").spanContext().spanId);
	});

	it("have the redacted message and stack of an error", async () => {
		const { logger, lines } = pinoWithLines("info");
		const light = footlight("docs-qa", {
			logger,
			capture: { redact: (text) => text.replaceAll("hunter2", "[secret]") },
		});
		await light
			.stage("ask", async () => Promise.reject(new Error("password hunter2")))()
			.catch(() => {});
		expect(lines[0]?.err).toMatchObject({ type: "Error", message: "password [secret]" });
		expect(JSON.stringify(lines)).not.toContain("hunter2");
	});
});

describe("lines of successes are sampled", () => {
	async function linesOf(ratio: number, runs = 200): Promise<Line[]> {
		const { logger, lines } = pinoWithLines("info");
		const light = footlight("docs-qa", { logger, use: [observe({ successSampleRatio: ratio })] });
		const ask = light.stage("ask", async () => 1);
		const fail = light.stage("fail", async () => Promise.reject(new Error("x")));
		for (let run = 0; run < runs; run++) {
			await light.run(async () => {
				await Promise.all([ask(), ask()]);
				await fail().catch(() => {});
			});
		}
		return lines;
	}

	const successes = (lines: Line[]) => lines.filter((line) => line.outcome === "ok");
	const failures = (lines: Line[]) => lines.filter((line) => line.outcome === "error");

	it("with ratio 1: all", async () => expect(successes(await linesOf(1, 5))).toHaveLength(15));

	it("with ratio 0: none, but every failure", async () => {
		const lines = await linesOf(0, 5);
		expect([successes(lines).length, failures(lines).length]).toEqual([0, 5]);
	});

	it("in between: a share, whole traces each", async () => {
		const lines = await linesOf(0.5);
		const byTrace = Map.groupBy(successes(lines), (line) => line.trace_id);
		expect([...byTrace.values()].every((trace) => trace.length === 3)).toBe(true);
		// 200 traces: outside of these bounds once in 10 million times.
		expect(byTrace.size).toBeGreaterThan(60);
		expect(byTrace.size).toBeLessThan(140);
		expect(failures(lines)).toHaveLength(200);
	});
});

describe("a logger", () => {
	it("that has a level disabled is given no line of it, and none is built", () => {
		const built: string[] = [];
		const logger = {
			...recordingLogger("error"),
			debug: () => built.push("debug"),
			info: () => built.push("info"),
		};
		footlight("docs-qa", { logger }).stage("ask", () => 1)();
		expect(built).toEqual([]);
		const { logger: silent, lines } = pinoWithLines("silent");
		footlight("docs-qa", { logger: silent }).stage("ask", () => 1)();
		expect(lines).toEqual([]);
	});

	it.each<[string, () => unknown]>([
		[
			"throws",
			() => {
				throw new Error("boom");
			},
		],
		["rejects", () => Promise.reject(new Error("boom"))],
		["never settles", () => new Promise(() => {})],
	])("that %s changes no result", async (how, write) => {
		const before = telemetryFailures().get("logger") ?? 0;
		const logger = { debug: write, info: write, warn: write, error: write };
		const light = footlight("docs-qa", { logger });
		const ask = light.stage("ask", async (fails: boolean) => {
			light.current().log.info("asking");
			if (fails) throw new RangeError("no");
			return 5;
		});
		expect(await ask(false)).toBe(5);
		await expect(ask(true)).rejects.toThrow(new RangeError("no"));
		await Promise.resolve();
		expect((telemetryFailures().get("logger") ?? 0) - before).toBe(how === "never settles" ? 0 : 6);
		expect(recorded.spans()).toHaveLength(2);
	});

	it("whose isLevelEnabled throws changes no result", () => {
		const logger = {
			...recordingLogger(),
			isLevelEnabled(): boolean {
				throw new Error("boom");
			},
		};
		expect(footlight("docs-qa", { logger }).stage("ask", () => 5)()).toBe(5);
		expect(recorded.spans()).toHaveLength(1);
	});

	it("that is slow is waited for, and the span does not count its time", () => {
		const logger = recordingLogger();
		let calledMs = 0;
		const slow = () => {
			calledMs = systemClock.now();
			while (systemClock.now() < calledMs + 5);
		};
		const timed = { ...logger, info: slow };
		footlight("docs-qa", { logger: timed }).stage("ask", () => 1)();
		expect(milliseconds(recorded.span("ask").endTime)).toBeLessThanOrEqual(calledMs + 0.01);
	});

	it("gets ids of a trace that is not sampled, and lines without ids where there is no trace", async () => {
		const { TracerProvider } = await import("@opentelemetry/sdk-trace");
		const unsampled = pinoWithLines("info");
		const tracerProvider = new TracerProvider({ sampler: new AlwaysOffSampler() });
		footlight("docs-qa", { logger: unsampled.logger, tracerProvider }).stage("ask", () => 1)();
		expect(unsampled.lines[0]?.trace_id).toMatch(/^[0-9a-f]{32}$/);
		const untraced = pinoWithLines("info");
		const options: LoggingOptions = { logger: untraced.logger };
		footlight("docs-qa", { use: [logging(options)] }).stage("ask", () => 1)();
		expect(untraced.lines[0]).not.toHaveProperty("trace_id");
	});
});

describe("a logger that goes through instrumented code", () => {
	it("writes each line once: what it would write of itself is dropped and counted", () => {
		const logger = recordingLogger();
		const light = footlight("docs-qa", { logger });
		light.instrument(logger as object);
		const before = telemetryFailures().get("logger") ?? 0;
		expect(light.stage("ask", () => "answer")()).toBe("answer");
		expect(logger.lines.map((line) => line.message)).toEqual(["stage ask started", "stage ask ok"]);
		expect(telemetryFailures().get("logger")).toBeGreaterThan(before);
		light.stage("again", () => 1)();
		expect(logger.lines.slice(2).map((line) => line.message)).toEqual(["stage again started", "stage again ok"]);
	});

	it("may call what another logger is told of", () => {
		const inner = recordingLogger("info");
		const ship = footlight("shipping", { logger: inner }).stage("ship", (message: string) => message.length);
		const send = (_: object, message: string) => void ship(message);
		const light = footlight("docs-qa", { logger: { debug: send, info: send, warn: send, error: send } });
		light.stage("ask", () => 1)();
		expect(inner.lines.map((line) => line.message)).toEqual(["stage ship ok", "stage ship ok"]);
	});
});

describe("the error of another realm", () => {
	it("is handed to the logger as it is, and through a redactor with message and stack", () => {
		const error = runInNewContext("new RangeError('far away')");
		const fail = () => {
			throw error;
		};
		for (const capture of [{}, { redact: (text: string) => text.replace("far", "near") }]) {
			const logger = recordingLogger("info");
			expect(() => footlight("docs-qa", { logger, capture }).stage("ask", fail)()).toThrow();
			const err = logger.lines[0]?.fields.err as Error;
			if ("redact" in capture) {
				expect(err).toMatchObject({ message: "near away", stack: expect.stringContaining("near away") });
			} else expect(err).toBe(error);
		}
	});
});
