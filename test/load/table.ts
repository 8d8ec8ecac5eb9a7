import { agrees, type Row } from "./comparison.ts";

const sides = ["client", "server", "metrics", "spans"] as const;
const columns = 10;

/** Draws the counts of all sides, one line for each, with a mark at those that differ. */
export function table(rows: readonly Row[]): string {
	const width = Math.max(...rows.map(({ what }) => what.length));
	const line = (what: string, cells: readonly string[], mark: string) =>
		`${what.padEnd(width)}${cells.map((cell) => cell.padStart(columns)).join("")}  ${mark}`.trimEnd();
	return [
		line("", sides, ""),
		...rows.map((row) =>
			line(
				row.what,
				sides.map((side) => (row[side] === undefined ? "" : row[side].toLocaleString("en"))),
				agrees(row) ? "✓" : "✗ differ",
			),
		),
	].join("\n");
}
