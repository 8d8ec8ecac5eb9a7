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
	/** Time over that of the row it is measured against, in pairs within one process. */
	readonly paired?: number;
}

const rows: readonly Row[] = [
	{ label: "bare await", subject: "bare", mode: "no-sdk" },
	{ label: "hand-written span (H)", subject: "hand-written-span", mode: "sdk" },
	{ label: "footlight", subject: "footlight-span", mode: "sdk", against: "hand-written span (H)", atMost: 1 },
	{ label: "@traceloop withTask", subject: "traceloop", mode: "sdk", against: "hand-written span (H)" },
	{ label: "@langfuse observe", subject: "langfuse", mode: "sdk", against: "hand-written span (H)" },
	{ label: "openinference withSpan", subject: "openinference", mode: "sdk", against: "hand-written span (H)" },
	{ label: "Effect withSpan", subject: "effect", mode: "sdk", against: "hand-written span (H)" },
	{ label: "hand-written span + line", subject: "hand-written-span-and-line", mode: "sdk" },
	{
		label: "footlight + line",
		subject: "footlight-span-and-line",
		mode: "sdk",
		against: "hand-written span + line",
		atMost: 1,
	},
	{ label: "hand-written, sampled out", subject: "hand-written-span", mode: "sampled-out" },
	{
		label: "footlight, sampled out",
		subject: "footlight-span",
		mode: "sampled-out",
		against: "hand-written, sampled out",
		atMost: 1,
	},
	{ label: "hand-written, no SDK", subject: "hand-written-span", mode: "no-sdk" },
	{
		label: "footlight, no SDK",
		subject: "footlight-span",
		mode: "no-sdk",
		against: "hand-written, no SDK",
		atMost: 1.3,
	},
];

const { values } = parseArgs({
	options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "" } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
	throw new RangeError(`bench: --rounds must be a positive integer, got ${values.rounds}`);
}
const chosen = rows.filter(({ label }) => label.includes(values.only));
const byLabel = new Map(rows.map((row) => [row.label, row]));
const figures = new Map<string, Figures[]>(chosen.map(({ label }) => [label, []]));

for (let round = 0; round < rounds; round++) {
	for (const row of chosen) figures.get(row.label)?.push(measured(row));
}

const medians = new Map([...figures].map(([label, all]) => [label, medianOf(all)]));
console.log(
	`Node ${process.version}, ${rounds === 1 ? "1 round, which is no verdict" : `${rounds} rounds, medians`}; one awaited call of an async stage\n`,
);
console.log(
	`${"".padEnd(28)}${"ns".padStart(8)}${"bytes".padStart(8)}${"ratio".padStart(8)}${"paired".padStart(8)}  target`,
);
for (const { label, against, atMost } of chosen) {
	const { ns, bytes, paired } = medians.get(label) as Figures;
	const base = against === undefined ? undefined : medians.get(against)?.ns;
	const cells = [
		ns.toFixed(0),
		bytes.toFixed(0),
		base === undefined ? "" : (ns / base).toFixed(2),
		paired?.toFixed(2) ?? "",
	];
	const target =
		paired === undefined || atMost === undefined ? "" : `at most ${atMost}: ${paired <= atMost ? "met" : "missed"}`;
	console.log(`${label.padEnd(28)}${cells.map((cell) => cell.padStart(8)).join("")}  ${target}`.trimEnd());
}

function measured({ label, subject, mode, against, atMost }: Row): Figures {
	const row = JSON.parse(output(label, ["--expose-gc", "--max-semi-space-size=128", "row.ts", subject, mode]));
	if (against === undefined || atMost === undefined) return row;
	const other = byLabel.get(against) as Row;
	return { ...row, paired: Number(output(label, ["paired.ts", subject, other.subject, mode])) };
}

function output(label: string, args: readonly string[]): string {
	const { status, stdout, stderr } = spawnSync(process.execPath, ["--disable-warning=FOOTLIGHT_NO_PROVIDER", ...args], {
		cwd: import.meta.dirname,
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(`bench: ${label} failed:\n${stderr}${stdout}`);
	return stdout.trim().split("\n").at(-1) ?? "";
}

function medianOf(all: readonly Figures[]): Figures {
	const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
	const paired = all.flatMap((one) => one.paired ?? []);
	return {
		ns: middle(all.map(({ ns }) => ns)),
		bytes: middle(all.map(({ bytes }) => bytes)),
		...(paired.length > 0 && { paired: middle(paired) }),
	};
}
