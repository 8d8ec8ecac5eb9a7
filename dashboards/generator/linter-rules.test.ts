import { describe, expect, it, test } from "vitest";
import { type CommittedDashboard, committedDashboards } from "./committed.fixture.ts";
import { linterRules } from "./linter-rules.fixture.ts";

interface Exclusion {
	readonly rule: string;
	readonly complaint: RegExp;
	readonly reason: string;
}

const exclusions: readonly Exclusion[] = [
	{
		rule: "template-datasource",
		complaint: /^(datasource|jaeger) should /,
		reason: "The second one, which is hidden, is where links to traces lead. Both have their usual names and labels.",
	},
	{
		rule: "panel-units",
		complaint: / has the unit suffix:/,
		reason: "Grafana takes a unit of one's own in this form; its linter does not know it.",
	},
	...["template-job", "template-instance"].map((rule) => ({
		rule,
		complaint: /^(job|instance) should have the label (Job|Instance), not \1$/,
		reason:
			"A variable is called as the label it stands for, in small letters, as all the others. The linter only warns.",
	})),
	{
		rule: "target-rate-interval",
		complaint: /^Stages takes the rate of .* over 30m$/,
		reason: "A table has one figure for the whole time that is shown.",
	},
	{
		rule: "target-rate-interval",
		complaint: /^Failed runs takes the rate of .* over 30m$/,
		reason: "One figure for the whole time that is shown: of a few runs no share can be told.",
	},
	{
		rule: "target-rate-interval",
		complaint: /^USD per hour takes the rate of .* over 5m$/,
		reason: "Money comes in lumps: over a few scrapes it jumps between nothing and too much.",
	},
	{
		rule: "target-rate-interval",
		complaint: /^Error budget burn takes the rate of .* over 1h$/,
		reason: "How fast a budget burns is told by an hour, as its alert does, whatever time is shown.",
	},
	...["target-job", "target-instance"].map((rule) => ({
		rule,
		complaint: /^Alerts asks for ALERTS\{/,
		reason:
			"An alert has the labels that its rule groups by: few have an instance, and one that something is absent has none.",
	})),
	{
		rule: "target-counter-agg",
		complaint:
			/ pipeline_(cost_usd|cost_wasted_usd|cost_unpriced|cost_unmetered|exporter_items|retry_attempts|retry_calls|telemetry_failures)_total\{.*\} as it is$/,
		reason:
			"Their labels are known only when they first count: what such a counter is born with has risen, and increase() does not see it.",
	},
];

const complaintsOf = (rule: string, dashboards: readonly CommittedDashboard[] = committedDashboards) =>
	dashboards.flatMap((dashboard) => linterRules[rule]?.(dashboard) ?? []);
const isExcluded = (rule: string, complaint: string) =>
	exclusions.some((one) => one.rule === rule && one.complaint.test(complaint));

test("there are 17 rules", () => {
	expect(Object.keys(linterRules)).toHaveLength(17);
});

describe("Grafana's linter has nothing to say about", () => {
	const uses = Object.keys(linterRules).flatMap((rule) =>
		committedDashboards.map((dashboard) => [rule, dashboard.title, dashboard] as const),
	);
	it.each(uses)("%s of %s", (rule, _, dashboard) => {
		const complaints = complaintsOf(rule, [dashboard]);
		expect(complaints.filter((complaint) => !isExcluded(rule, complaint))).toEqual([]);
	});
});

test.each(exclusions)("the exclusion of $complaint from $rule is needed", ({ rule, complaint }) => {
	expect(complaintsOf(rule)).toContainEqual(expect.stringMatching(complaint));
});
