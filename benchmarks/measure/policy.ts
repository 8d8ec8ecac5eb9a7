import { measure } from "mitata";
import { batchOf, type Duty } from "../turn.ts";

// `node policy.ts SUBJECT DUTY` prints {"ns"} for one call through a policy, or of a limiter.
const [subject = "", duty = ""] = process.argv.slice(2);
const batch = await batchOf(subject, duty as Duty);
const { p50 } = await measure(() => batch.run(), { min_samples: 60, min_cpu_time: 0.6e9 });
console.log(JSON.stringify({ ns: p50 / batch.turns }));
process.exit(0);
