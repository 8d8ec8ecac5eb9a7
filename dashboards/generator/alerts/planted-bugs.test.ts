import { expect, test } from "vitest";
import { hasPrometheus } from "../../../test/prometheus-server.ts";
import { plantedBugs } from "./planted-bug.fixture.ts";
import { testWith } from "./rule-tests.fixture.ts";

const minuteMs = 60_000;

test.skipIf(!hasPrometheus)(
	"no bug that is planted in a rule survives the unit test of its alert",
	{ timeout: 10 * minuteMs },
	() => {
		const bugs = plantedBugs();
		expect(bugs.length).toBeGreaterThan(100);
		const survivors: string[] = [];
		for (const { alert, bug, rules } of bugs) {
			if (!testWith(rules, alert).includes("FAILED")) survivors.push(`${alert}: ${bug}`);
		}
		expect(survivors).toEqual([]);
	},
);
