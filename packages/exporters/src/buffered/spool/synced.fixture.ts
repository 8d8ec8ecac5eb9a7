/** Run as a process of its own, traced: keeps three groups of records. */
import { SpoolLog } from "./spool-log.ts";

const [directory, durability] = process.argv.slice(2) as [string, "process" | "disk"];
const log = new SpoolLog({ directory, durability });
for (let group = 0; group < 3; group++) {
	log.append(`record ${group}`, 1, undefined);
	await log.kept();
}
process.exit(0);
