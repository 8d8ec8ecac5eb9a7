import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { type Current, footlight } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";

const recorded = registerSdk();
const light = footlight("docs-qa");
beforeEach(() => recorded.reset());

describe("a call made when the one around it has ended", () => {
	it("keeps nothing of the calls before, however often a job reschedules itself", async () => {
		const inputs: WeakRef<object>[] = [];
		let left = 50;
		const done = Promise.withResolvers<Current>();
		const tick = light.stage("tick", async (buffer: object) => {
			inputs.push(new WeakRef(buffer));
			await turn();
			if (--left === 0) done.resolve(light.current());
			else setImmediate(tick, { large: new Array(1_000).fill(left) });
		});
		void tick({ large: [] });
		const last = await done.promise;
		recorded.reset();
		await turn();
		globalThis.gc?.();
		await turn();
		globalThis.gc?.();
		expect(inputs.filter((input) => input.deref() !== undefined).length).toBeLessThan(5);
		expect(last.spanContext).toBeDefined();
	});

	it("still belongs to its run and its trace", async () => {
		const late = light.stage("late", () => light.current().ids.runId);
		const later = Promise.withResolvers<string | undefined>();
		light.run({ runId: "run-1" }, () => {
			setImmediate(() => later.resolve(late()));
		});
		expect(await later.promise).toBe("run-1");
		const [run, stage] = [recorded.span("docs-qa"), recorded.span("late")];
		expect(stage.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
		expect(stage.attributes["pipeline.run.id"]).toBe("run-1");
	});

	it("adds its cost to no call that has ended", async () => {
		const spend = light.stage("spend", () => light.current().addCost(2));
		const later = Promise.withResolvers<void>();
		const begin = light.stage("begin", () => {
			setImmediate(() => later.resolve(spend()));
		});
		light.run(() => {
			begin();
			light.current().addCost(1);
		});
		await later.promise;
		expect(recorded.span("docs-qa").attributes["pipeline.cost.usd"]).toBe(1);
		expect(recorded.span("spend").attributes["pipeline.cost.usd"]).toBe(2);
	});
});
