import type { FileFindings } from "./check.ts";
import type { Surroundings } from "./explain.ts";
import { type Finding, type State, states } from "./finding.ts";
import type { GeneralProblem } from "./presence.ts";
import { inPrometheus } from "./window.ts";

const marks: Readonly<Record<State, string>> = {
	data: "✓",
	zero: "✓",
	holds: "!",
	quiet: "·",
	unused: "·",
	wrong: "✗",
	error: "✗",
};

/** The findings for a terminal. */
export function printFindings(
	files: readonly FileFindings[],
	{ prometheus, window }: Surroundings,
	problems: readonly GeneralProblem[],
): string {
	const version = prometheus.version === undefined ? "" : ` (${prometheus.version})`;
	const asked = `the last ${spoken(window.range)}, scraped every ${spoken(window.scrapeInterval)}`;
	const told = new Set<string>();
	const blocks = files.map(({ name, title, findings }) => {
		const heading = name === title ? name : `${title} (${name})`;
		return [heading, ...findings.map((finding) => print(finding, told))].join("\n");
	});
	const first = problems.map(({ message, cure }) => `✗ ${message}\n    → ${cure}`);
	// Again where the eye ends up, below all that was asked.
	const last = problems.length === 0 ? [] : [problems.map(({ message }) => `✗ ${message}`).join("\n")];
	const rest = files.length === 0 ? [] : [...blocks, table(files), ...last];
	return `${[`${prometheus.url}${version}: ${asked}`, ...first, ...rest].join("\n\n")}\n`;
}

/** The findings for machines. */
export function findingsAsJson(
	files: readonly FileFindings[],
	{ prometheus, window }: Surroundings,
	problems: readonly GeneralProblem[],
	ok: boolean,
): string {
	const { range, scrapeInterval, rateInterval, step } = window;
	const counted = files.map((file) => ({ ...file, counts: count(file.findings) }));
	const report = {
		ok,
		prometheus: { url: prometheus.url, ...(prometheus.version !== undefined && { version: prometheus.version }) },
		seconds: { range, step, scrapeInterval, rateInterval },
		problems,
		files: counted,
	};
	return `${JSON.stringify(report, null, 2)}\n`;
}

/** A cure is told once. */
function print({ kind, title, state, reason }: Finding, told: Set<string>): string {
	const what = kind === "panel" ? title : `${kind} ${title}`;
	if (reason === undefined) return `  ${marks[state]} ${what}`;
	const { message, cure } = reason;
	const line = `  ${marks[state]} ${what}: ${message}`;
	if (cure === undefined || told.has(cure)) return line;
	told.add(cure);
	return `${line}\n      → ${cure}`;
}

function table(files: readonly FileFindings[]): string {
	const rows = files.map(({ name, findings }) => {
		const counts = count(findings);
		return [name, ...states.map((state) => String(counts[state]))];
	});
	const heading = ["", ...states];
	const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
	const line = (row: readonly string[]) =>
		row
			.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
			.join("  ");
	return [heading, ...rows].map(line).join("\n");
}

function count(findings: readonly Finding[]): Readonly<Record<State, number>> {
	const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
	for (const { state } of findings) counts[state]++;
	return counts;
}

function spoken(seconds: number): string {
	if (seconds >= 3_600 && seconds % 3_600 === 0) return `${seconds / 3_600}h`;
	return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60}m` : inPrometheus(seconds);
}
