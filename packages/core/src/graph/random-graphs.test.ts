import fc from "fast-check";
import { expect, it } from "vitest";
import * as core from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { expectedRun } from "./expected-run.fixture.ts";
import { observedRun } from "./observed-run.fixture.ts";
import { randomGraph, shapes } from "./random-graph.fixture.ts";
import { runComplaints } from "./run-complaints.fixture.ts";

const recorded = registerSdk();
const seed = Number(process.env.FOOTLIGHT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_500);

it(`records of ${numRuns} random graphs agree with what ran (FOOTLIGHT_SEED=${seed})`, {
	timeout: 60_000,
}, async () => {
	const seen = new Map<string, number>();
	await fc.assert(
		fc.asyncProperty(shapes, async (shape) => {
			const graph = randomGraph(shape);
			const expected = expectedRun(graph);
			const observed = await observedRun(core, recorded, graph);
			expect(await runComplaints(graph, expected, observed)).toEqual([]);
			seen.set(expected.outcome, (seen.get(expected.outcome) ?? 0) + 1);
			for (const { outcome } of expected.steps) seen.set(`step ${outcome}`, (seen.get(`step ${outcome}`) ?? 0) + 1);
		}),
		{ seed, numRuns },
	);
	// A test that no longer comes by what it is for would pass as well.
	for (const kind of ["ok", "error", "cancelled", "timeout", "step fallback", "step timeout", "step cancelled"]) {
		expect([kind, (seen.get(kind) ?? 0) > numRuns / 200]).toEqual([kind, true]);
	}
});

it("reports a run within a second attempt that aborts, as it begins, what it is in", async () => {
	const graph = randomGraph({
		...({ seed: -1_992_064_919, size: 11, maxSteps: 3, faults: 10 } as const),
		...({ ending: "abort", endsAtMs: 11, isStreamed: false } as const),
	});
	expect(await runComplaints(graph, expectedRun(graph), await observedRun(core, recorded, graph))).toEqual([]);
});
