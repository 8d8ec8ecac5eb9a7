import { describe, expect, it } from "vitest";
import { footlight, type Middleware, telemetryFailures } from "../index.ts";
import { failingSink, recordingLogger, recordingSink, type SinkFailure, scriptedHandler, testCall } from "./index.ts";

const passing: Middleware = (next) => (call) => next(call);

describe("recordingSink", () => {
	it("keeps events in order until it is cleared", async () => {
		const sink = recordingSink();
		testCall({ sinks: [sink] }).emit("answer.cited", { sources: 3 });
		await sink.emit({ name: "answer.rated", timeMs: 1, attributes: {} });
		expect(sink.names).toEqual(["answer.cited", "answer.rated"]);
		expect(sink.events[0]?.attributes).toMatchObject({ sources: 3, "stage.name": "stage-under-test" });
		sink.clear();
		expect(sink.events).toEqual([]);
	});
});

describe("failingSink", () => {
	it.each(["throws", "rejects", "hangs"] as const)("%s, and is counted where that can be seen", async (failure) => {
		const before = telemetryFailures().get("sink") ?? 0;
		const call = testCall({ sinks: [failingSink(failure)] });
		expect(call.emit("answer.cited")).toBeUndefined();
		await Promise.resolve();
		await Promise.resolve();
		expect((telemetryFailures().get("sink") ?? 0) - before).toBe(failure === "hangs" ? 0 : 1);
	});

	it("refuses a failure it does not know", () => {
		expect(() => failingSink("explodes" as SinkFailure)).toThrow(
			new RangeError('failingSink: failure must be one of throws, rejects, hangs, got "explodes"'),
		);
	});
});

describe("recordingLogger", () => {
	it("keeps lines at and above its level", () => {
		const logger = recordingLogger("info");
		footlight("docs-qa", { logger }).run(() => "done");
		expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual(["info run docs-qa ok"]);
		expect(logger.isLevelEnabled?.("debug")).toBe(false);
		logger.clear();
		expect(logger.lines).toEqual([]);
	});

	it("keeps the fields as they were when the line was written", () => {
		const logger = recordingLogger();
		const fields = { count: 1 };
		logger.info(fields, "counted");
		fields.count = 2;
		expect(logger.lines[0]?.fields).toEqual({ count: 1 });
	});
});

describe("scriptedHandler", () => {
	it("answers call by call, in any order", async () => {
		const scripted = scriptedHandler();
		const handler = passing(scripted.handler);
		const first = handler(testCall({ input: [1] }));
		const second = handler(testCall({ input: [2] }));
		expect(scripted.waiting).toBe(2);
		const one = await scripted.next();
		const two = await scripted.next();
		expect(scripted.waiting).toBe(0);
		two.reject(new Error("second fails"));
		one.respond("first");
		await expect(second).rejects.toThrow("second fails");
		await expect(first).resolves.toBe("first");
		expect(scripted.calls.map((call) => call.input[0])).toEqual([1, 2]);
	});

	it("lets the test wait for a call that has not come", async () => {
		const scripted = scriptedHandler();
		const coming = scripted.next();
		const answer = scripted.handler(testCall({ name: "late" }));
		const { call, respond } = await coming;
		respond(Promise.resolve("answered"));
		expect(call.name).toBe("late");
		await expect(answer).resolves.toBe("answered");
	});
});

describe("testCall", () => {
	it("makes a call as a stage would", () => {
		const { signal } = new AbortController();
		const call = testCall({ kind: "tool", name: "search", input: ["a"], signal });
		expect(call).toMatchObject({ kind: "tool", name: "search", input: ["a"], attempt: 1, signal });
	});

	it("refuses options nobody knows", () => {
		expect(() => testCall({ nmae: "x" } as object)).toThrow(
			new TypeError(
				'testCall: unknown option "nmae"; known options are kind, name, input, signal, clock, sinks, logger',
			),
		);
	});
});
