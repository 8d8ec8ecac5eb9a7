import { parseArgs } from "node:util";
import { lossless } from "./lossless.ts";
import { metrics } from "./metrics.ts";
import { fullStage, overhead } from "./overhead.ts";
import { limiterMemory, policies } from "./policies.ts";
import { queues } from "./queues.ts";
import { runner } from "./runner.ts";
import { scrape } from "./scrape.ts";
import { spool } from "./spool.ts";
import { printTable } from "./table.ts";

// Runs every table, or the rows whose label has the text of `--only`. A report, not a test.

const { values } = parseArgs({
	options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "" } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
	throw new RangeError(`bench: --rounds must be a positive integer, got ${values.rounds}`);
}
console.log(`Node ${process.version}, ${rounds === 1 ? "1 round, which is no verdict" : `${rounds} rounds, medians`}`);
printTable(overhead, rounds, values.only);
printTable(fullStage, rounds, values.only);
printTable(metrics, rounds, values.only);
printTable(scrape, rounds, values.only);
printTable(policies, rounds, values.only);
printTable(limiterMemory, rounds, values.only);
printTable(queues, rounds, values.only);
printTable(runner, rounds, values.only);
printTable(spool, rounds, values.only);
printTable(lossless, rounds, values.only);
