import { beforeEach, describe, expect, it } from "vitest";
import { footlight, type Middleware, markOutcome, telemetryFailures } from "./index.ts";
import { exceptionsOf, registerSdk } from "./sdk.fixture.ts";
import { recordingLogger } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

const error = new TypeError("no answer");
const fallingBack: Middleware = (next) => (call) => {
	try {
		return next(call);
	} catch (thrown) {
		markOutcome(call, "fallback", thrown);
		return "fallback";
	}
};

describe("markOutcome", () => {
	it("makes a call that was left out skipped, with no error", () => {
		const skipping: Middleware = () => (call) => markOutcome(call, "skipped");
		expect(footlight("docs-qa").stage("ask", () => 1, { use: [skipping] })()).toBeUndefined();
		const span = recorded.span("ask");
		expect([span.attributes.outcome, span.status.code, span.events.length]).toEqual(["skipped", 0, 0]);
	});

	it("keeps the error that a fallback answers for on the span, which has not failed", () => {
		const logger = recordingLogger("info");
		const light = footlight("docs-qa", { logger });
		const ask = light.stage(
			"ask",
			() => {
				throw error;
			},
			{ use: [fallingBack] },
		);
		expect(light.run(() => ask())).toBe("fallback");
		const span = recorded.span("ask");
		expect([span.attributes.outcome, span.status.code, exceptionsOf(span)]).toEqual(["fallback", 0, ["no answer"]]);
		expect(recorded.span("docs-qa").attributes.outcome).toBe("ok");
		expect(logger.lines[0]).toMatchObject({
			level: "warn",
			message: "stage ask fallback",
			fields: { "error.type": "TypeError", err: error },
		});
	});

	it("does not record again what a stage inside has recorded", () => {
		const light = footlight("docs-qa");
		const inner = light.stage("inner", () => {
			throw error;
		});
		const ask = light.stage("ask", () => inner(), { use: [fallingBack] });
		expect(ask()).toBe("fallback");
		expect([exceptionsOf(recorded.span("inner")), exceptionsOf(recorded.span("ask"))]).toEqual([["no answer"], []]);
	});

	it("makes no failure a success", async () => {
		const late: Middleware = (next) => async (call) => {
			markOutcome(call, "fallback", new Error("earlier"));
			return next(call);
		};
		const ask = footlight("docs-qa").stage("ask", async () => Promise.reject(error), { use: [late] });
		await expect(ask()).rejects.toBe(error);
		const span = recorded.span("ask");
		expect([span.attributes.outcome, exceptionsOf(span)]).toEqual(["error", ["no answer"]]);
	});

	it("counts a word it does not know, and leaves the call as it is", () => {
		const before = telemetryFailures().get("markOutcome") ?? 0;
		const marking: Middleware = (next) => (call) => {
			for (const word of ["zzz", "ok", null]) markOutcome(call, word as "skipped");
			return next(call);
		};
		expect(footlight("docs-qa").stage("ask", () => "answer", { use: [marking] })()).toBe("answer");
		expect(recorded.span("ask").attributes.outcome).toBe("ok");
		expect((telemetryFailures().get("markOutcome") ?? 0) - before).toBe(3);
	});

	it("tells of each of concurrent calls", async () => {
		const skipping: Middleware = (next) => async (call) => {
			await null;
			return call.input[0] === "skip" ? markOutcome(call, "skipped") : next(call);
		};
		const ask = footlight("docs-qa").stage("ask", async (given: string) => given, { use: [skipping] });
		await Promise.all(["keep", "skip", "keep", "skip"].map((given) => ask(given)));
		expect(recorded.spans().map((span) => span.attributes.outcome)).toEqual(["skipped", "skipped", "ok", "ok"]);
	});
});
