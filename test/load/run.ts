// Puts a stage with all its policies under load, against a server that flaps, and compares what client, server, metrics and
// spans have counted: `npm run test:load -- --seconds 60 --rate 2000`. Ends with 1 where any two of them differ.
import { parseArgs } from "node:util";
import { agrees, compare } from "./comparison.ts";
import { Ledger } from "./ledger.ts";
import { load, mostAttempts, timeoutMs } from "./load.ts";
import { observe } from "./observed.ts";
import { requester } from "./requester.ts";
import { startServer } from "./server-process.ts";
import { table } from "./table.ts";

const sampleRatio = 0.1;
const longestRoundMs = 12_000;
const slowMs = 5 * timeoutMs;
const maxSockets = 256;

const { values } = parseArgs({
	options: { seconds: { type: "string", default: "60" }, rate: { type: "string", default: "2000" } },
});
const seconds = positive("seconds", values.seconds);
const rate = positive("rate", values.rate);

const ledger = new Ledger(Math.round(seconds * rate), mostAttempts);
const server = await startServer({
	mostRequests: ledger.calls * mostAttempts,
	// A short run, too, is to see every weather.
	roundMs: Math.min(longestRoundMs, seconds * 1_000),
	slowMs,
});
const observed = await observe(sampleRatio);
const { request, close } = requester(server.port, ledger, maxSockets);

console.log(`${ledger.calls} calls, ${rate} a second, ${sampleRatio * 100} % of traces sampled ...`);
const { tracerProvider, meterProvider, spans } = observed;
const begunMs = await load({ ledger, request, callsPerSecond: rate, tracerProvider, meterProvider });
const { user, system } = process.cpuUsage();

const sent = [...ledger.all()].filter(({ isSent }) => isSent).length;
const rows = compare({ ledger, server: await server.report(sent), metrics: await observed.scrape(), spans });
close();
server.stop();
await observed.close();

const differing = rows.filter((row) => !agrees(row));
const cpu = `${((user + system) / (begunMs * 10)).toFixed(0)} % of a processor`;
console.log(`\n${table(rows)}\n`);
console.log(
	`${Math.round(ledger.calls / (begunMs / 1_000))} calls a second for ${(begunMs / 1_000).toFixed(1)} s, ${cpu}`,
);
if (differing.length === 0) console.log(`load: all ${rows.length} counts agree`);
else
	console.log(
		`load: ${differing.length} of ${rows.length} counts differ: ${differing.map(({ what }) => what).join("; ")}`,
	);
process.exitCode = differing.length === 0 ? 0 : 1;

function positive(name: string, text: string): number {
	const value = Number(text);
	if (value > 0 && Number.isFinite(value)) return value;
	console.error(`test:load: --${name} must be a number above 0, got ${text}`);
	process.exit(2);
}
