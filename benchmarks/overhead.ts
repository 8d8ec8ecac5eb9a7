import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import type { Mode } from "./provider.ts";

// What one instrumented async stage costs: every row in a fresh process, rounds interleaved, medians. A report, not a test.

interface Row {
	readonly label: string;
	readonly subject: string;
	readonly mode: Mode;
	/** The row this one is measured against, and what the ratio may be at most. */
	readonly against?: string;
	readonly atMost?: number;
}

interface Figures {
	readonly ns: number;
	readonly bytes: number;
}

const rows: readonly Row[] = [
	{ label: "bare await", subject: "bare", mode: "no-sdk" },
	{ label: "hand-written span (H)", subject: "hand-written-span", mode: "sdk" },
	{ label: "footlight, span only", subject: "footlight-observe", mode: "sdk", against: "hand-written span (H)", atMost: 1 },
	{ label: "@traceloop withTask", subject: "traceloop", mode: "sdk", against: "hand-written span (H)" },
	{ label: "@langfuse observe", subject: "langfuse", mode: "sdk", against: "hand-written span (H)" },
	{ label: "openinference withSpan", subject: "openinference", mode: "sdk", against: "hand-written span (H)" },
	{ label: "Effect withSpan", subject: "effect", mode: "sdk", against: "hand-written span (H)" },
	{ label: "hand-written span + line", subject: "hand-written-span-and-log", mode: "sdk" },
	{ label: "footlight, span + line", subject: "footlight-span-and-log", mode: "sdk", against: "hand-written span + line", atMost: 1 },
	{ label: "hand-written, sampled out", subject: "hand-written-span", mode: "sampled-out" },
	{ label: "footlight, sampled out", subject: "footlight-observe", mode: "sampled-out", against: "hand-written, sampled out", atMost: 1 },
	{ label: "hand-written, no SDK", subject: "hand-written-span", mode: "no-sdk" },
	{ label: "footlight, no SDK", subject: "footlight-observe", mode: "no-sdk", against: "hand-written, no SDK", atMost: 1.3 },
];

const { values } = parseArgs({
	options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "" } },
});
const chosen = rows.filter(({ label }) => label.includes(values.only));
const figures = new Map<string, Figures[]>(chosen.map(({ label }) => [label, []]));

for (let round = 0; round < Number(values.rounds); round++) {
	for (const { label, subject, mode } of chosen) figures.get(label)?.push(measured(subject, mode));
}

const medians = new Map([...figures].map(([label, all]) => [label, medianOf(all)]));
console.log(`Node ${process.version}, ${values.rounds} rounds, medians; one awaited call of an async stage\n`);
console.log(`${"".padEnd(28)}${"ns".padStart(8)}${"bytes".padStart(8)}${"ratio".padStart(8)}  target`);
for (const { label, against, atMost } of chosen) {
	const { ns, bytes } = medians.get(label) as Figures;
	const base = against === undefined ? undefined : medians.get(against)?.ns;
	const ratio = base === undefined ? "" : (ns / base).toFixed(2);
	const target = atMost === undefined || ratio === "" ? "" : `at most ${atMost}${Number(ratio) <= atMost ? ", met" : ", MISSED"}`;
	console.log(`${label.padEnd(28)}${ns.toFixed(0).padStart(8)}${bytes.toFixed(0).padStart(8)}${ratio.padStart(8)}  ${target}`);
}

function measured(subject: string, mode: Mode): Figures {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--expose-gc", "--max-semi-space-size=128", "--disable-warning=FOOTLIGHT_NO_PROVIDER", "row.ts", subject, mode],
		{ cwd: import.meta.dirname, encoding: "utf8" },
	);
	const line = stdout.trim().split("\n").at(-1) ?? "";
	if (status !== 0 || !line.startsWith("{")) throw new Error(`row ${subject} (${mode}) failed:\n${stderr}${stdout}`);
	return JSON.parse(line);
}

function medianOf(all: readonly Figures[]): Figures {
	const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
	return { ns: middle(all.map(({ ns }) => ns)), bytes: middle(all.map(({ bytes }) => bytes)) };
}
