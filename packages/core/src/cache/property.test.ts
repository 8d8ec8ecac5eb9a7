import fc from "fast-check";
import { expect, it } from "vitest";
import { commandsArbitrary, compareCounts, finish, Model, Real, specArbitrary } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 1_500);

it(`answers as a small model does, calls once at a time for a key, and keeps no error and nothing beyond its time (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	const unhandled: unknown[] = [];
	const note = (error: unknown) => unhandled.push(error);
	process.on("unhandledRejection", note);
	let histories = 0;
	const seen = { hit: 0, stale: 0, coalesced: 0, miss: 0, bypass: 0, error: 0 };
	try {
		await fc.assert(
			fc.asyncProperty(specArbitrary, commandsArbitrary, async (spec, commands) => {
				histories++;
				const model = new Model(spec);
				const real = new Real(spec);
				await fc.asyncModelRun(() => ({ model, real }), commands);
				await finish(model, real);
				await compareCounts(model, real);
				for (const [result, count] of Object.entries(model.results)) seen[result as keyof typeof seen] += count;
			}),
			{ seed, numRuns },
		);
	} finally {
		process.off("unhandledRejection", note);
	}
	expect(unhandled).toEqual([]);
	expect(histories).toBeGreaterThanOrEqual(numRuns);
	// Histories in which nothing happens would prove nothing.
	for (const result of ["hit", "stale", "coalesced", "miss"] as const)
		expect(seen[result]).toBeGreaterThan(numRuns / 5);
}, 120_000);
