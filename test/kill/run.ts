// Kills a process that is busy emitting with `kill -9`, again and again, and sees that nothing it had accepted is lost:
// `npm run test:kill -- --kills 100 --seed 7`. Ends with 1 where anything was lost, or came in another order or with another key.
import { parseArgs } from "node:util";
import { killAgainAndAgain } from "./kill.ts";
import { seededRandom } from "./seeded-random.ts";

const { values } = parseArgs({
	options: {
		kills: { type: "string", default: "100" },
		seed: { type: "string", default: String(Date.now() % 2 ** 31) },
	},
});
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
	console.error(
		`test:kill: --kills must be a positive integer and --seed an integer, got ${values.kills} and ${values.seed}`,
	);
	process.exit(2);
}
console.log(`${kills} kills, --seed ${seed} ...`);
const { accepted, delivered, duplicates, lastRun, wrongs } = await killAgainAndAgain({
	kills,
	longestMs: 400,
	random: seededRandom(seed),
	killed: (run, arrived) => run % 10 === 0 && console.log(`${run} kills, ${arrived} deliveries`),
});
console.log(
	`accepted ${accepted}, delivered ${delivered}, of these again ${duplicates}; the last run: ${JSON.stringify(lastRun)}`,
);
const isWrong = wrongs.length > 0 || !lastRun.isComplete || lastRun.left > 0;
for (const wrong of wrongs.slice(0, 20)) console.log(wrong);
console.log(
	isWrong ? `kill: ${wrongs.length} wrongs` : "kill: all that was accepted was delivered, in order, each with one key",
);
process.exitCode = isWrong ? 1 : 0;
