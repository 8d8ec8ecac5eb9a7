import { beforeEach, describe, expect, it } from "vitest";
import { footlight, layer, logging, type Middleware, observe, tracing } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { type LogLine, recordingLogger, spanTree } from "../testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

/** The spans and the lines of a run with two stages, one of which fails, under some layers. */
async function observed(
	makeUse: (logger: ReturnType<typeof recordingLogger>) => Middleware[],
): Promise<{ tree: string; lines: string[]; all: readonly LogLine[] }> {
	recorded.reset();
	const logger = recordingLogger();
	const light = footlight("docs-qa", { logger, use: makeUse(logger) });
	const ask = light.stage("ask", async () => Promise.reject(new TypeError("boom")));
	const load = light.stage("load", () => light.current().addCost(0.5));
	await light
		.run(async () => {
			load();
			await ask();
		})
		.catch(() => {});
	const lines = logger.lines.map(
		({ level, message, fields }) => `${level} ${message}${fields.err === undefined ? "" : " with the error"}`,
	);
	return { tree: spanTree(recorded.spans()), lines, all: logger.lines };
}

describe("observe", () => {
	it("is what a light does without options", async () => {
		const light = footlight("docs-qa");
		light.run(() => light.stage("ask", () => 1)());
		expect(recorded.spans().map((span) => span.name)).toEqual(["ask", "docs-qa"]);
	});

	it("records the same as tracing and logging side by side", async () => {
		const together = await observed(() => [observe()]);
		const apart = await observed(() => [tracing(), logging()]);
		expect(apart.tree).toBe(together.tree);
		expect(apart.lines).toEqual(together.lines);
		expect(together.lines).toEqual([
			"debug run docs-qa started",
			"debug stage load started",
			"info stage load ok",
			"debug stage ask started",
			"error stage ask error with the error",
			"error run docs-qa error",
		]);
		for (const { fields } of apart.all) {
			expect(recorded.spans().map((span) => span.spanContext().spanId)).toContain(fields.span_id);
		}
	});

	it("hands its options to both of its parts", async () => {
		const { lines } = await observed(() => [
			observe({ successSampleRatio: 0, levels: { error: "warn" }, attemptSpans: "always" }),
		]);
		expect(lines).toEqual([
			"debug run docs-qa started",
			"debug stage load started",
			"debug stage ask started",
			"warn stage ask error with the error",
			"warn run docs-qa error",
		]);
	});

	it("of a stage alone records that stage and no other", () => {
		const light = footlight("docs-qa", { use: [] });
		light.run(() => {
			light.stage("seen", () => light.stage("unseen", () => 1)(), { use: [observe()] })();
		});
		expect(recorded.spans().map((span) => span.name)).toEqual(["seen"]);
	});
});

describe("logging without tracing", () => {
	it("writes the same lines, without ids of a span", async () => {
		const { all, lines } = await observed(() => [logging()]);
		expect(recorded.spans()).toEqual([]);
		expect(lines).toEqual((await observed(() => [observe()])).lines);
		for (const { fields } of all) expect(fields.span_id).toBeUndefined();
	});
});

describe("layers that observe", () => {
	it("inside other layers see what reaches them", async () => {
		const logger = recordingLogger("info");
		const answering = layer({ name: "answering" }, (next) => async (call) => {
			try {
				return await next(call);
			} catch {
				return "fallback";
			}
		});
		const light = footlight("docs-qa", { use: [tracing()] });
		const ask = light.stage("ask", async (): Promise<string> => Promise.reject(new Error("boom")), {
			use: [answering, logging({ logger })],
		});
		expect(await ask()).toBe("fallback");
		expect(recorded.span("ask").attributes.outcome).toBe("ok");
		expect(logger.lines.map((line) => line.message)).toEqual(["stage ask error"]);
		expect(logger.lines[0]?.fields.span_id).toBe(recorded.span("ask").spanContext().spanId);
	});
});
