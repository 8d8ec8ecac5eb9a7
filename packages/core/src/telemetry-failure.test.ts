import { describe, expect, it } from "vitest";
import { telemetryFailures } from "./index.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

/** Warnings that Footlight gives while `act` runs, kept from the terminal. */
async function warningsOf(act: () => void): Promise<string[]> {
	const warnings: string[] = [];
	const listen = (warning: Error & { code?: string }) => warnings.push(`${warning.code}: ${warning.message}`);
	const printing = process.listeners("warning");
	process.removeAllListeners("warning").on("warning", listen);
	act();
	await new Promise((resolve) => setImmediate(resolve));
	process.off("warning", listen);
	for (const listener of printing) process.on("warning", listener);
	return warnings;
}

describe("a failure of telemetry", () => {
	it("is counted each time and warned of once", async () => {
		const warnings = await warningsOf(() => {
			for (let times = 0; times < 3; times++) telemetryFailed("part one", new RangeError("boom"));
			telemetryFailed("part two", "a string");
		});
		expect(warnings).toEqual([
			"FOOTLIGHT_TELEMETRY_FAILED: part one failed (RangeError: boom); the call went on, further failures are only counted",
			"FOOTLIGHT_TELEMETRY_FAILED: part two failed (a string); the call went on, further failures are only counted",
		]);
		expect(telemetryFailures().get("part one")).toBe(3);
		expect(telemetryFailures().get("part two")).toBe(1);
	});

	it("may be of an error that cannot be shown", async () => {
		const hostile = {
			toString() {
				throw new Error("boom");
			},
		};
		const [warning] = await warningsOf(() => telemetryFailed("hostile part", hostile));
		expect(warning).toContain("an error that cannot be shown");
	});

	it("gives counts that nobody can change", () => {
		telemetryFailed("part one", new Error("x"));
		const counts = telemetryFailures() as Map<string, number>;
		counts.clear();
		expect(telemetryFailures().get("part one")).toBeGreaterThan(0);
	});

	it("is counted under at most about a hundred names, however many there are", async () => {
		const warnings = await warningsOf(() => {
			for (let part = 0; part < 500; part++) telemetryFailed(`part ${part}`, new Error("x"));
		});
		expect(telemetryFailures().size).toBeLessThanOrEqual(101);
		expect(telemetryFailures().get("other parts")).toBeGreaterThanOrEqual(399);
		expect(warnings.length).toBeLessThanOrEqual(101);
	});
});
