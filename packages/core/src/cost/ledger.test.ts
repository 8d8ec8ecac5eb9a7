import { describe, expect, it } from "vitest";
import { type Charge, type CostLedgerOptions, costLedger } from "../index.ts";
import { nothingSpent } from "./spend.ts";

const charge = (userId: string | undefined, model: string, costUsd: number): Charge => ({
	pipeline: "docs-qa",
	stage: "ask",
	kind: "model",
	ids: userId === undefined ? {} : { userId, runId: "run-1" },
	model,
	usages: [{ inputTokens: 10 }],
	spend: { costUsd, inputTokens: 10, outputTokens: 2 },
});

describe("costLedger", () => {
	it("adds up by the dimensions it is given, the most expensive first", () => {
		const ledger = costLedger({ by: ["user", "model"] });
		ledger.record(charge("ada", "m", 0.1));
		ledger.record(charge("bob", "m", 0.5));
		ledger.record(charge("ada", "m", 0.2));
		ledger.record(charge("ada", "n", 0.2));
		ledger.record(charge(undefined, "m", 0.05));
		expect(ledger.rows().map(({ key, costUsd, calls, inputTokens }) => [...key, costUsd, calls, inputTokens])).toEqual([
			["bob", "m", 0.5, 1, 10],
			["ada", "m", 0.3, 2, 20],
			["ada", "n", 0.2, 1, 10],
			["", "m", 0.05, 1, 10],
		]);
		expect(ledger.total()).toMatchObject({ costUsd: 1.05, inputTokens: 50, outputTokens: 10 });
	});

	it("does not count as a call what only says that a charge was in vain", () => {
		const ledger = costLedger({ by: "user" });
		ledger.record(charge("ada", "m", 0.1));
		const { usages: _, ...rest } = charge("ada", "m", 0);
		ledger.record({ ...rest, spend: { wastedUsd: 0.1, wastedTokens: 12 } });
		expect(ledger.rows()).toMatchObject([{ key: ["ada"], calls: 1, costUsd: 0.1, wastedUsd: 0.1, wastedTokens: 12 }]);
	});

	it("keeps so many rows, and one for the rest", () => {
		const ledger = costLedger({ by: "user", maxRows: 2 });
		for (const user of ["ada", "bob", "eve", "joe", "ada"]) ledger.record(charge(user, "m", 1));
		expect(ledger.rows().map(({ key, costUsd, isRest }) => [...key, costUsd, isRest])).toEqual([
			["ada", 2, false],
			["", 2, true],
			["bob", 1, false],
		]);
		expect(ledger.total().costUsd).toBe(5);
	});

	it.each([Number.NaN, -1, 1e300, "1", null])("adds nothing of a charge of %s", (costUsd) => {
		const ledger = costLedger({ by: "user" });
		expect(() => ledger.record(charge("ada", "m", costUsd as number))).toThrow(RangeError);
		expect(ledger.rows()).toEqual([]);
		expect(ledger.total()).toEqual(nothingSpent);
	});

	it("is a table as text", () => {
		const ledger = costLedger({ by: ["user", "model"], maxRows: 1 });
		ledger.record(charge("ada", "gpt-5-mini", 0.5));
		ledger.record(charge("bob", "m", 0.25));
		expect(String(ledger)).toBe(
			[
				"user    model       calls  input  output       USD  wasted USD  unpriced  unmetered",
				"ada     gpt-5-mini      1     10       2  0.500000    0.000000         0          0",
				"(rest)                  1     10       2  0.250000    0.000000         0          0",
			].join("\n"),
		);
	});

	it.each<[unknown, string]>([
		[{}, "costLedger: by must be one of pipeline, stage, run, user"],
		[{ by: [] }, "costLedger: by must be one of pipeline"],
		[{ by: "tenant" }, "costLedger: by must be one of pipeline"],
		[{ by: "user", maxRows: 0 }, "costLedger: maxRows must be a positive integer, got 0"],
		[{ by: "user", rows: 1 }, 'costLedger: unknown option "rows"; known options are by, maxRows'],
	])("refuses %j", (options, message) => {
		expect(() => costLedger(options as CostLedgerOptions)).toThrow(message);
	});
});
