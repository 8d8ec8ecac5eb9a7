import { runInNewContext } from "node:vm";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AlwaysOffSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { beforeEach, describe, expect, it } from "vitest";
import { brokenTracerProvider, spanMembers } from "../broken-tracer.fixture.ts";
import {
	CancelledError,
	footlight,
	InterruptedError,
	logging,
	RejectedError,
	TimeoutError,
	telemetryFailures,
	tracing,
} from "../index.ts";
import { exceptionsOf, milliseconds, registerSdk } from "../sdk.fixture.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const light = footlight("docs-qa");

async function failed(error: unknown): Promise<void> {
	await light
		.stage("ask", async () => Promise.reject(error))()
		.catch(() => {});
}

describe("the span of a stage", () => {
	it("has its own name, is INTERNAL, and names the function where that is called otherwise", () => {
		function searchIndex() {}
		light.stage("search", searchIndex)();
		light.stage("searchIndex", searchIndex)();
		expect(recorded.span("search").kind).toBe(SpanKind.INTERNAL);
		expect(recorded.span("search").attributes).toEqual({
			"pipeline.name": "docs-qa",
			"stage.name": "search",
			"code.function.name": "searchIndex",
			outcome: "ok",
		});
		expect(recorded.span("searchIndex").attributes).not.toHaveProperty("code.function.name");
		expect(recorded.span("search").instrumentationScope.name).toBe("@footlight/core");
	});

	it("lasts as long as the call, by the pipeline's clock", async () => {
		const clock = manualClock();
		const timed = footlight("docs-qa", { clock });
		const startMs = clock.now();
		const done = timed.run(() => timed.stage("wait", () => clock.sleep(1_500))());
		await clock.advance(2_000);
		await done;
		for (const span of recorded.spans()) {
			expect([milliseconds(span.startTime) - startMs, milliseconds(span.endTime) - startMs]).toEqual([0, 1_500]);
		}
	});

	it.each([
		["an error", new TypeError("x"), "error", "TypeError"],
		["a timeout", new TimeoutError("ask", 5), "timeout", "timeout"],
		["a refusal", new RejectedError("rate_limited", "x"), "rejected", "rate_limited"],
	])("of %s has status ERROR, a type and the exception", async (_, error, outcome, type) => {
		await failed(error);
		const span = recorded.span("ask");
		expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
		expect(span.attributes).toMatchObject({ outcome, "error.type": type });
		expect(span.events).toMatchObject([
			{ name: "exception", attributes: { "exception.type": type, "exception.message": error.message } },
		]);
		expect(span.events[0]?.attributes?.["exception.stacktrace"]).toContain(error.message);
		expect(span.events[0]?.time).toEqual(span.endTime);
	});

	it("holds the stacks of what caused it, to a bound: a failed fetch says nothing by itself", async () => {
		const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
		await failed(new TypeError("fetch failed", { cause }));
		const stack = String(recorded.span("ask").events[0]?.attributes?.["exception.stacktrace"]);
		expect(stack).toMatch(/^TypeError: fetch failed[\s\S]*\ncaused by: Error: connect ECONNREFUSED 127\.0\.0\.1:1/);
		recorded.reset();
		const own = new Error("own cause");
		own.cause = own;
		await failed(own);
		expect(String(recorded.span("ask").events[0]?.attributes?.["exception.stacktrace"])).not.toContain("caused by");
	});

	it.each([
		["a cancellation", new CancelledError("ask"), "cancelled"],
		["an abort", new DOMException("x", "AbortError"), "cancelled"],
		["an interrupt", new InterruptedError("x"), "interrupted"],
	])("of %s leaves its status unset and records no exception", async (_, error, outcome) => {
		await failed(error);
		const span = recorded.span("ask");
		expect([span.status, span.events, span.attributes.outcome]).toEqual([{ code: SpanStatusCode.UNSET }, [], outcome]);
		expect(span.attributes).not.toHaveProperty("error.type");
	});

	it("of a success leaves its status unset: OK is the application's word", () => {
		light.stage("ask", () => 1)();
		expect(recorded.span("ask").status).toEqual({ code: SpanStatusCode.UNSET });
	});

	it("is not recorded twice by two layers that trace, nor by a logger inside", () => {
		footlight("docs-qa", { use: [logging(), tracing(), logging()] }).stage("ask", () => 1)();
		expect(recorded.spans()).toHaveLength(1);
	});
});

describe("the message of an exception", () => {
	const secret = "hunter2";
	const redacting = footlight("docs-qa", { capture: { redact: (text) => text.replaceAll(secret, "[secret]") } });

	it("passes the redactor: event, stack and status of every span it reaches", async () => {
		const inner = redacting.stage("inner", async () => Promise.reject(new Error(`password ${secret}`)));
		await redacting.run(() => inner()).catch(() => {});
		expect(exceptionsOf(recorded.span("inner"))).toEqual(["password [secret]"]);
		for (const span of recorded.spans()) expect(span.status.message).toBe("password [secret]");
		const shown = recorded.spans().map(({ attributes, events, status }) => ({ attributes, events, status }));
		expect(JSON.stringify(shown)).not.toContain(secret);
	});

	it("passes it on attempts, and where anything at all was thrown", async () => {
		for (const thrown of [secret, { secret }, [secret], new Error("x", { cause: secret })]) {
			await redacting
				.stage("ask", async () => Promise.reject(thrown))()
				.catch(() => {});
		}
		const shown = recorded.spans().map(({ attributes, events, status }) => ({ attributes, events, status }));
		expect(JSON.stringify(shown)).not.toContain(secret);
	});

	it("is withheld by a redactor that throws, and the error goes on as it is", async () => {
		const error = new Error(secret);
		const throwing = footlight("docs-qa", {
			capture: {
				redact() {
					throw new Error("boom");
				},
			},
		});
		await expect(throwing.stage("ask", async () => Promise.reject(error))()).rejects.toBe(error);
		const { status, events } = recorded.span("ask");
		expect(status.message).toBe("[redaction failed]");
		expect(JSON.stringify(events)).not.toContain(secret);
	});

	it("is bounded, and a secret where it is cut is seen whole", async () => {
		await failed(new Error("x".repeat(1_000_000)));
		const span = recorded.span("ask");
		expect(span.status.message).toHaveLength(4_096);
		expect(JSON.stringify(span.events).length).toBeLessThan(30_000);
		recorded.reset();
		await redacting
			.stage("ask", async () => Promise.reject(new Error("x".repeat(4_093) + secret)))()
			.catch(() => {});
		expect(recorded.span("ask").status.message).toMatch(/x\[se$/);
	});

	const hostile = (key: string) =>
		Object.defineProperty(new Error("boom"), key, {
			get() {
				throw new Error("unreadable");
			},
		});
	const circular: Record<string, unknown> = {};
	circular.self = circular;
	it.each([
		["its message", hostile("message"), "an error that cannot be shown"],
		["its stack", hostile("stack"), "boom"],
		["its name", hostile("name"), "boom"],
		["itself", circular, "an error that cannot be shown"],
		["a BigInt", { big: 1n }, "an error that cannot be shown"],
		["a message that is no string", Object.assign(new Error(), { message: { a: 1 } }), "[object Object]"],
		["a frozen error", Object.freeze(new Error("frozen")), "frozen"],
	])("cannot break the span, whatever is thrown: %s", async (_, error, message) => {
		await failed(error);
		expect(recorded.span("ask").status.message).toBe(message);
		expect(recorded.span("ask").attributes.outcome).toBe("error");
	});
});

describe("a tracer", () => {
	it("that throws changes no result", async () => {
		const broken = () => {
			throw new Error("boom");
		};
		const before = telemetryFailures().get("observer") ?? 0;
		const throwing = footlight("docs-qa", {
			tracerProvider: { getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) },
		});
		expect(throwing.run(() => throwing.stage("ask", () => 5)())).toBe(5);
		expect((telemetryFailures().get("observer") ?? 0) - before).toBe(2);
	});

	it("whose spans throw when they end changes no result", async () => {
		const provider = recordingTracerProvider();
		const tracer = provider.getTracer("x");
		const throwing = footlight("docs-qa", {
			tracerProvider: {
				getTracer: () => ({
					...tracer,
					startSpan(...given) {
						const span = tracer.startSpan(...given);
						span.end = () => {
							throw new Error("boom");
						};
						return span;
					},
				}),
			},
		});
		expect(await throwing.stage("ask", async () => 5)()).toBe(5);
		await expect(throwing.stage("ask", async () => Promise.reject(new Error("mine")))()).rejects.toThrow("mine");
	});

	it("that samples nothing costs no attribute, and the ids travel on", async () => {
		const unsampled = footlight("docs-qa", {
			tracerProvider: new TracerProvider({ sampler: new AlwaysOffSampler() }),
			capture: { input: true },
		});
		const read: string[] = [];
		const input = {
			get question() {
				read.push("question");
				return "x";
			},
		};
		const ask = unsampled.stage("ask", async (_: object) => unsampled.current().spanContext?.traceId);
		expect(await ask(input)).toMatch(/^[0-9a-f]{32}$/);
		expect(read).toEqual([]);
	});
});

describe("a span that breaks", () => {
	it.each(spanMembers)("in %s is ended all the same, and the call goes on", async (member) => {
		const provider = brokenTracerProvider({ member });
		const broken = footlight("docs-qa", { tracerProvider: provider, capture: { input: true, output: true } });
		expect(await broken.stage("ask", async () => "answer")()).toBe("answer");
		const fails = broken.stage("ask", () => {
			throw new TypeError("no answer");
		});
		expect(() => fails()).toThrow(new TypeError("no answer"));
		expect([provider.started, provider.ends]).toEqual([2, 2]);
	});
});

describe("the exception of another realm", () => {
	it("has its message and its stack", async () => {
		const error = runInNewContext("new RangeError('far away')");
		await failed(error);
		const { status, events } = recorded.span("ask");
		expect(error).not.toBeInstanceOf(Error);
		expect(status.message).toBe("far away");
		expect(events[0]?.attributes).toMatchObject({
			"exception.type": "RangeError",
			"exception.message": "far away",
			"exception.stacktrace": expect.stringContaining("RangeError: far away"),
		});
	});
});
