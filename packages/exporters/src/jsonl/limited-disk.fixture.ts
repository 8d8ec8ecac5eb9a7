// Run where files may not grow beyond a limit: tells which of fifty events given at once were kept, then goes on.
import { rename } from "node:fs/promises";
import { jsonLinesSink } from "../jsonl.ts";

// Else the system ends a process that writes beyond the limit.
process.on("SIGXFSZ", () => {});
const path = process.argv[2] as string;
const sink = jsonLinesSink({ path });
const eventOf = (number: number) => ({ name: `answer.${number}`, timeMs: 0, attributes: { text: "x".repeat(300) } });
const results = await Promise.allSettled(Array.from({ length: 50 }, (_, number) => sink.emit(eventOf(number))));
const kept = results.filter(({ status }) => status === "fulfilled").length;
const errors = new Set(results.map((result) => (result.status === "rejected" ? result.reason.name : "none")));
// Somebody makes room.
await rename(path, `${path}.moved`);
await sink.emit(eventOf(50));
await sink.close();
console.log(JSON.stringify({ kept, errors: [...errors] }));
