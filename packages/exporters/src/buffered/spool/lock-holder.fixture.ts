/** Run as a process of its own: opens a spool, and lives until it is killed. */
import { SpoolLog } from "./spool-log.ts";

const log = new SpoolLog({ directory: process.argv[2] as string });
log.append("of the holder", 1, undefined);
await log.kept();
console.log("open");
setInterval(() => {}, 1_000);
