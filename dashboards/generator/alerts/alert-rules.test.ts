import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { hasPrometheus } from "../../../test/prometheus-server.ts";
import { dashboards } from "../index.ts";
import { alerts, expressionOf, recordingRules, rulesYaml } from "./index.ts";
import { rulesFor } from "./planted-bug.fixture.ts";
import { promtool, rulesFile, testFileOf, testWith } from "./rule-tests.fixture.ts";

interface UnitTests {
	readonly tests: readonly {
		readonly name: string;
		readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
	}[];
}

const names = alerts.map(({ name }) => name);
const runbooks = readFileSync(join(import.meta.dirname, "../../../docs/runbooks.md"), "utf8");

test.skipIf(!hasPrometheus)("promtool finds nothing to say about the rules", () => {
	expect(promtool("check", "rules", "--lint=all", "--lint-fatal", rulesFile)).toBe("");
});

test.skipIf(!hasPrometheus)("every alert passes its unit test in promtool", { timeout: 5 * 60_000 }, () => {
	for (const name of names) expect(testWith(rulesFor(name), name), name).toBe("");
});

test("every unit test belongs to an alert", () => {
	const files = globSync("*.yaml", { cwd: join(import.meta.dirname, "../../rules/tests") });
	expect(files.sort()).toEqual(names.map((name) => basename(testFileOf(name))).sort());
});

describe.each(alerts)("$name", (alert) => {
	const { tests } = parse(readFileSync(testFileOf(alert.name), "utf8")) as UnitTests;

	test.each([
		["fires", (firing: readonly number[]) => firing.at(-1) === 1],
		["does not fire", (firing: readonly number[]) => firing.every((number) => number === 0)],
		["resolves", (firing: readonly number[]) => firing[0] === 1 && firing.at(-1) === 0],
		["cold start", (firing: readonly number[]) => firing.every((number) => number === 0)],
		["no traffic", (firing: readonly number[]) => firing.every((number) => number === 0)],
	])("has a unit test of the case: %s", (label, isSuch) => {
		const cases = tests.filter(({ name }) => name.startsWith(`${label}: `));
		expect(cases).not.toEqual([]);
		for (const { name, alert_rule_test: moments } of cases) {
			expect(new Set(moments.map(({ alertname }) => alertname))).toEqual(new Set([alert.name]));
			expect(
				moments.map((moment) => moment.exp_alerts.length),
				name,
			).toSatisfy(isSuch);
		}
	});

	test("has a section of the runbooks with all that one looks for at night", () => {
		const [, section] = runbooks.split(`\n## ${alert.name}\n`);
		expect(section).toBeDefined();
		const headings = [...(section?.split("\n## ")[0] ?? "").matchAll(/^\*\*([^*]+)\*\*/gm)].map(([, text]) => text);
		expect(headings).toEqual(["For users", "Look here first", "Likely causes", "What to do", "When to silence"]);
	});

	test("leads to a panel that there is", () => {
		const dashboard = dashboards.find(({ name }) => name === alert.dashboard);
		const titles = dashboard?.rows.flatMap(({ panels }) => panels.map(({ title }) => title));
		expect(titles).toContain(alert.panel);
		expect(runbooks.split(`\n## ${alert.name}\n`)[1]?.split("\n## ")[0]).toContain(`_${alert.panel}_`);
	});

	test("says in its summary and its description what it is about", () => {
		expect(alert.summary).toMatch(/\.$/);
		const text = `${alert.summary} ${alert.description}`;
		for (const label of alert.labels) expect(text).toContain(`{{ $labels.${label} }}`);
	});
});

test("burn alerts ask for what is recorded, others for what they say", () => {
	const yaml = rulesYaml();
	const burning = alerts.filter(({ name }) => name.includes("Burn"));
	expect(burning).toHaveLength(2);
	for (const window of ["5m", "30m", "1h", "6h"]) expect(yaml).toContain(`pipeline:run_errors:ratio_rate${window} /`);
	for (const { value } of alerts) expect(value).not.toMatch(/\w:\w/);
	const calm = alerts.filter(
		(alert) => !recordingRules.some(({ expression }) => expressionOf(alert).includes(expression)),
	);
	expect(calm).toHaveLength(alerts.length - 3);
});
