import { describe, expect, it } from "vitest";
import { footlight, retry, retryHistory, timeout } from "../index.ts";
import { manualClock, recordingSink } from "../testing/index.ts";

const busy = Object.assign(new Error("busy"), { code: "ECONNRESET" });
const patient = retry({ jitter: "none", initialDelayMs: 1_000 });

function setUp() {
	const clock = manualClock();
	const sink = recordingSink();
	const light = footlight("deadlines", { clock, sinks: [sink] });
	const reasons = () => sink.events.map(({ name, attributes }) => [name, attributes["retry.stop_reason"]]);
	const fails = async (): Promise<never> => {
		throw busy;
	};
	return { clock, light, reasons, fails };
}

describe("a stage in a run with a time limit", () => {
	it("of a pipeline does not begin a wait that the run would not outlive", async () => {
		const { clock, light, reasons, fails } = setUp();
		const { report } = await light
			.pipeline({ timeoutMs: 500 })
			.stage("load", fails, { use: [patient] })
			.run();
		expect(report).toMatchObject({ outcome: "error", error: busy });
		expect(retryHistory(busy)).toHaveLength(1);
		expect(reasons()).toEqual([["retry.exhausted", "deadline"]]);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("of a graph does not either", async () => {
		const { light, reasons, fails } = setUp();
		const { report } = await light
			.graph({ nodes: { load: { run: fails, use: [patient] } }, edges: [], entry: "load", timeoutMs: 500 })
			.run({});
		expect(report.outcome).toBe("error");
		expect(reasons()).toEqual([["retry.exhausted", "deadline"]]);
	});

	it("is held to the earlier of two limits, whichever is around the other", async () => {
		for (const [outerMs, innerMs] of [
			[500, 5_000],
			[5_000, 500],
		] as const) {
			const { light, reasons, fails } = setUp();
			const inner = light.pipeline({ timeoutMs: innerMs }).stage("load", fails, { use: [patient] });
			await light.pipeline({ timeoutMs: outerMs }).stage("inner", inner).run();
			expect(reasons()).toEqual([["retry.exhausted", "deadline"]]);
		}
	});

	it("has a limit of its own inside", async () => {
		const { light, reasons, fails } = setUp();
		const use = [timeout({ timeoutMs: 500 }), patient];
		await light.pipeline({ timeoutMs: 5_000 }).stage("load", fails, { use }).run();
		expect(reasons()).toEqual([["retry.exhausted", "deadline"]]);
	});
});
