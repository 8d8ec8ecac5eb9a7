/**
 * Numbers of one row, by name; `ns` is its time, `paired` that time over the other's, and `adds` how much more it is, both
 * in pairs within one process.
 */
export type Figures = Readonly<Record<string, number>>;

export interface Row {
	readonly label: string;
	/** The row this one is measured against, and what the paired ratio may be at most. */
	readonly against?: string;
	readonly atMost?: number;
	/** What the time may be at most, in nanoseconds. */
	readonly atMostNs?: number;
	/** What may be added at most to the time of the row it is measured against, in nanoseconds. */
	readonly addsAtMostNs?: number;
}

export interface Column {
	readonly heading: string;
	/** Empty where the row has no such figure. */
	show(figures: Figures): string;
}

/** One table of the report: its rows, and how each is measured in a process of its own. */
export interface Table<R extends Row = Row> {
	readonly title: string;
	readonly columns: readonly Column[];
	readonly rows: readonly R[];
	measure(row: R): Figures;
	/** Time of a row against that of the one it is measured against, in pairs. */
	pair?(row: R, against: R): Figures;
	/** What is said of several rows together. */
	footer?(medians: ReadonlyMap<string, Figures>): readonly string[];
}

export function column(heading: string, name: string, digits = 0): Column {
	return { heading, show: (figures) => figures[name]?.toFixed(digits) ?? "" };
}

/** Measures the rows whose label has the text, round by round so that they age together, and prints medians. */
export function printTable<R extends Row>(table: Table<R>, rounds: number, only: string): void {
	const rows = table.rows.filter(({ label }) => label.includes(only));
	if (rows.length === 0) return;
	const taken = new Map<string, Figures[]>(rows.map(({ label }) => [label, []]));
	for (let round = 0; round < rounds; round++) {
		for (const row of rows) taken.get(row.label)?.push(figuresOf(table, row));
	}
	const medians = new Map([...taken].map(([label, all]) => [label, mediansOf(all)]));

	const headings = [...table.columns.map(({ heading }) => heading), "ratio", "paired"];
	const width = Math.max(...rows.map(({ label }) => label.length)) + 2;
	console.log(`\n${table.title}\n`);
	console.log(`${"".padEnd(width)}${cells(headings)}  target`);
	for (const row of rows) {
		const figures = medians.get(row.label) as Figures;
		const base = row.against === undefined ? undefined : medians.get(row.against)?.ns;
		const shown = [
			...table.columns.map((column) => column.show(figures)),
			base === undefined ? "" : ((figures.ns as number) / base).toFixed(2),
			figures.paired?.toFixed(2) ?? "",
		];
		console.log(`${row.label.padEnd(width)}${cells(shown)}  ${verdictOf(row, figures)}`.trimEnd());
	}
	for (const line of table.footer?.(medians) ?? []) console.log(line);
}

/** Says whether a number is within its target. */
export function verdict(name: string, value: number, atMost: number): string {
	return `${name} at most ${atMost}: ${value <= atMost ? "met" : "missed"}`;
}

function figuresOf<R extends Row>(table: Table<R>, row: R): Figures {
	const figures = table.measure(row);
	const other = table.rows.find(({ label }) => label === row.against);
	const hasTarget = row.atMost !== undefined || row.addsAtMostNs !== undefined;
	if (table.pair === undefined || other === undefined || !hasTarget) return figures;
	return { ...figures, ...table.pair(row, other) };
}

function verdictOf({ atMost, atMostNs, addsAtMostNs }: Row, { ns, paired, adds }: Figures): string {
	return [
		...(atMost !== undefined && paired !== undefined ? [verdict("paired", paired, atMost)] : []),
		...(atMostNs !== undefined && ns !== undefined ? [verdict("ns", ns, atMostNs)] : []),
		...(addsAtMostNs !== undefined && adds !== undefined ? [verdict("adds", adds, addsAtMostNs)] : []),
	].join(", ");
}

function cells(texts: readonly string[]): string {
	return texts.map((text) => text.padStart(9)).join("");
}

function mediansOf(all: readonly Figures[]): Figures {
	const names = Object.keys(all[0] ?? {});
	return Object.fromEntries(names.map((name) => [name, median(all.map((figures) => figures[name] as number))]));
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
	return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
