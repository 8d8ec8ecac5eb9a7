import { integerFrom, knownOptions, oneOf, refuse } from "../option.ts";
import type { Charge } from "./charge.ts";
import { isFigure } from "./figure.ts";
import { nothingSpent, type Spend, spend } from "./spend.ts";

const dimensions = [
	"pipeline",
	"stage",
	"run",
	"user",
	"session",
	"organization",
	"model",
	"provider",
	"source",
] as const;

const figures = Object.keys(nothingSpent) as readonly (keyof Spend)[];

/** By what a ledger can tell charges apart. */
export type CostDimension = (typeof dimensions)[number];

/** Options of {@link costLedger}. */
export interface CostLedgerOptions {
	/** What makes a row of its own: one dimension or several. */
	readonly by: CostDimension | readonly CostDimension[];
	/** Most rows; what comes later is added to one row for the rest. @default 1000 */
	readonly maxRows?: number;
}

/** What was spent for one value of each dimension. */
export interface CostRow extends Spend {
	/** One value for each dimension, in their order; empty for what a charge did not say. */
	readonly key: readonly string[];
	/** Model calls charged. */
	readonly calls: number;
	/** True for the row that all keys beyond `maxRows` share. */
	readonly isRest: boolean;
}

/** Totals of what was spent, in memory. */
export interface CostLedger {
	/**
	 * Takes a charge; hand it to `footlight(name, { onCharge })`.
	 *
	 * **Throws** RangeError for a figure that would make every sum wrong; then nothing of the charge is added.
	 */
	readonly record: (charge: Charge) => void;
	/** The rows, the most expensive first. */
	rows(): readonly CostRow[];
	/** Everything together. */
	total(): Spend;
	/** The rows as a table of text, for a terminal. */
	toString(): string;
}

interface Entry {
	readonly key: readonly string[];
	readonly isRest: boolean;
	calls: number;
	readonly parent: undefined;
	spend: Spend | undefined;
}

/**
 * Keeps account of what was spent, by user, model, stage or whatever a charge says.
 *
 * **Throws** TypeError or RangeError for options that cannot be.
 *
 * @example
 * const ledger = costLedger({ by: ["user", "model"] });
 * const light = footlight("docs-qa", { onCharge: ledger.record });
 * light.run({ userId: "user-7" }, () => light.current().addCost(0.25));
 * ledger.rows()[0]?.costUsd; // => 0.25
 */
export function costLedger(options: CostLedgerOptions): CostLedger {
	knownOptions("costLedger", options, ["by", "maxRows"]);
	const { maxRows = 1_000 } = options;
	const by: readonly CostDimension[] = typeof options.by === "string" ? [options.by] : (options.by ?? []);
	if (!Array.isArray(by) || by.length === 0) oneOf("costLedger: by", undefined, dimensions);
	for (const dimension of by) oneOf("costLedger: by", dimension, dimensions);
	integerFrom("costLedger: maxRows", maxRows, 1);
	const entries = new Map<string, Entry>();
	const rest = entry(
		by.map(() => ""),
		true,
	);
	const all = entry([], false);

	function entryOf(charge: Charge): Entry {
		const key = by.map((dimension) => dimensionOf(charge, dimension) ?? "");
		const id = JSON.stringify(key);
		const known = entries.get(id);
		if (known !== undefined) return known;
		if (entries.size >= maxRows) return rest;
		const made = entry(key, false);
		entries.set(id, made);
		return made;
	}

	const rows = (): readonly CostRow[] =>
		[...entries.values(), ...(rest.spend === undefined ? [] : [rest])]
			.map(({ key, isRest, calls, spend = nothingSpent }) => ({ ...spend, key, calls, isRest }))
			.sort((first, second) => second.costUsd - first.costUsd);

	return {
		record(charge) {
			const { usages, spend: added } = charge;
			for (const figure of figures) {
				const value: unknown = added[figure];
				if (value !== undefined && !isFigure(value))
					refuse(RangeError, `charge: ${figure}`, "a number from 0 on", value);
			}
			const target = entryOf(charge);
			if (usages !== undefined || added.unmeteredCalls) target.calls++;
			spend(target, added);
			spend(all, added);
		},
		rows,
		total: () => ({ ...(all.spend ?? nothingSpent) }),
		toString: () => table(by, rows()),
	};
}

function entry(key: readonly string[], isRest: boolean): Entry {
	return { key, isRest, calls: 0, parent: undefined, spend: undefined };
}

function dimensionOf({ ids, ...charge }: Charge, dimension: CostDimension): string | undefined {
	switch (dimension) {
		case "run":
			return ids.runId;
		case "user":
			return ids.userId;
		case "session":
			return ids.sessionId;
		case "organization":
			return ids.organizationId;
		default:
			return charge[dimension];
	}
}

function table(by: readonly string[], rows: readonly CostRow[]): string {
	const lines = [
		[...by, "calls", "input", "output", "USD", "wasted USD", "unpriced", "unmetered"],
		...rows.map((row) => [
			...(row.isRest ? ["(rest)", ...by.slice(1).map(() => "")] : row.key.map((value) => value || "-")),
			...[row.calls, row.inputTokens, row.outputTokens].map(String),
			...[row.costUsd, row.wastedUsd].map((usd) => usd.toFixed(6)),
			...[row.unpricedCalls, row.unmeteredCalls].map(String),
		]),
	];
	const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
	return lines
		.map((line) =>
			line
				.map((cell, column) =>
					column < by.length ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
				)
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}
