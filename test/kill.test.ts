import { expect, it } from "vitest";
import { killAgainAndAgain } from "./kill/kill.ts";
import { seededRandom } from "./kill/seeded-random.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);

// A hundred kills are `npm run test:kill`.
it(`an exporter with a spool loses nothing to kill -9 (FOOTLIGHT_SEED=${seed})`, async () => {
	const { wrongs, lastRun, accepted } = await killAgainAndAgain({
		kills: 4,
		longestMs: 200,
		random: seededRandom(seed),
	});
	expect(wrongs).toEqual([]);
	expect(lastRun).toEqual({ isComplete: true, left: 0, lost: {} });
	expect(accepted).toBeGreaterThan(0);
}, 60_000);
