import { describe, expect, test } from "vitest";
import { hasPrometheus } from "../../../test/prometheus-server.ts";
import { rulesIn } from "../rule-group.fixture.ts";
import { type AlertParameters, alertRules, alerts, rulesYaml } from "./index.ts";
import { testWith } from "./rule-tests.fixture.ts";

const one = (name: string, parameters: AlertParameters) => alertRules(parameters).find((alert) => alert.name === name);

describe("parameters", () => {
	test("change one alert and leave the others as they are", () => {
		const changed = alertRules({
			alerts: { PipelineRetryStorm: { threshold: 1.5, window: "10m", for: "1h30m", severity: "info" } },
		});
		const storm = changed.find(({ name }) => name === "PipelineRetryStorm");
		expect(storm).toMatchObject({ threshold: 1.5, for: "1h30m", severity: "info" });
		expect(storm?.value).toContain("[10m]");
		expect(storm?.description).toContain("more than 1.5");
		expect(changed.filter(({ name }) => name !== "PipelineRetryStorm")).toEqual(
			alerts.filter(({ name }) => name !== "PipelineRetryStorm"),
		);
	});

	test("leave an alert out", () => {
		const yaml = rulesYaml({ alerts: { PipelineCostSpike: false } });
		expect(yaml).not.toContain("PipelineCostSpike");
		expect(alertRules({ alerts: { PipelineCostSpike: false } })).toHaveLength(alerts.length - 1);
	});

	test("move the objective of all burn alerts", () => {
		const fast = one("PipelineRunErrorBudgetBurnFast", { objectiveRatio: 0.999 });
		expect(fast?.value).toMatch(/ \/ 0\.001$/);
		expect(fast?.guards[0]).toContain(" / 0.001 > 14.4");
		expect(fast?.description).toContain("99.9 % of its runs");
	});

	test("are in the texts: how long a breaker is switched by hand", () => {
		const forced = one("PipelineCircuitBreakerForced", { alerts: { PipelineCircuitBreakerForced: { for: "2h30m" } } });
		expect(forced?.description).toContain("for 2h30m or longer");
	});

	test("look further back for a spike's past where its windows are longer", () => {
		const spike = one("PipelineCostSpike", { alerts: { PipelineCostSpike: { window: "1h", baseline: "1d" } } });
		expect(spike?.guards.at(-1)).toMatch(/ offset 1d1h\)$/);
	});

	test("say where runbooks and Grafana are", () => {
		const rules = rulesIn(
			rulesYaml({ runbookUrl: "https://wiki.example/runbooks", dashboardUrl: "https://grafana.example/" }),
		);
		expect(rules.find(({ alert }) => alert === "PipelineCostSpike")?.annotations).toMatchObject({
			runbook_url: "https://wiki.example/runbooks#pipelinecostspike",
			dashboard_url: "https://grafana.example/d/footlight-cost?var-job={{ $labels.job | urlquery }}",
		});
	});

	test.each<[string, unknown]>([
		['TypeError: alertRules: unknown option "slo"; known options are objectiveRatio', { slo: 0.99 }],
		["RangeError: alertRules: objectiveRatio must be a number above 0 and below 1, got 99", { objectiveRatio: 99 }],
		["TypeError: alertRules: runbookUrl must be a string, got 7", { runbookUrl: 7 }],
		["TypeError: alertRules: dashboardUrl must be a string, got null", { dashboardUrl: null }],
		['TypeError: alertRules: alerts: unknown option "PipelineStorm"', { alerts: { PipelineStorm: {} } }],
		[
			'TypeError: alertRules: PipelineRetryStorm: unknown option "windows"; known options are severity, for, threshold, window, leastCallsPerSecond',
			{ alerts: { PipelineRetryStorm: { windows: "5m" } } },
		],
		[
			"TypeError: alertRules: PipelineRetryStorm: options must be an object, got true",
			{ alerts: { PipelineRetryStorm: true } },
		],
		[
			'RangeError: alertRules: PipelineRetryStorm.window must be a duration such as "5m" or "1h30m", got "5 minutes"',
			{ alerts: { PipelineRetryStorm: { window: "5 minutes" } } },
		],
		[
			'RangeError: alertRules: PipelineRetryStorm.window must be a duration such as "5m" or "1h30m", got "0s"',
			{ alerts: { PipelineRetryStorm: { window: "0s" } } },
		],
		[
			'TypeError: alertRules: PipelineRetryStorm.for must be a duration such as "0s" or "1h30m", got 300',
			{ alerts: { PipelineRetryStorm: { for: 300 } } },
		],
		[
			"RangeError: alertRules: PipelineRetryStorm.threshold must be a number of at least 0, got NaN",
			{ alerts: { PipelineRetryStorm: { threshold: Number.NaN } } },
		],
		[
			"RangeError: alertRules: PipelineTimeoutsHigh.threshold must be a number of at least 0 and below 1, got 5",
			{ alerts: { PipelineTimeoutsHigh: { threshold: 5 } } },
		],
		[
			"RangeError: alertRules: PipelineStageLatencyHigh.threshold must be a number of at least 0 and below 300, got 300",
			{ alerts: { PipelineStageLatencyHigh: { threshold: 300 } } },
		],
		[
			'TypeError: alertRules: PipelineCircuitBreakerOpen: unknown option "threshold"',
			{ alerts: { PipelineCircuitBreakerOpen: { threshold: 1 } } },
		],
		[
			'TypeError: alertRules: PipelineCostBudgetExceeded: unknown option "threshold"',
			{ alerts: { PipelineCostBudgetExceeded: { threshold: 0.9 } } },
		],
		[
			'RangeError: alertRules: PipelineCostSpike.severity must be one of critical, warning, info, got "page"',
			{ alerts: { PipelineCostSpike: { severity: "page" } } },
		],
	])("are refused: %s", (message, parameters) => {
		let error: unknown;
		try {
			alertRules(parameters as AlertParameters);
		} catch (thrown) {
			error = thrown;
		}
		expect(String(error)).toContain(message);
		expect(() => rulesYaml(parameters as AlertParameters)).toThrow();
	});
});

test.skipIf(!hasPrometheus)("promtool takes rules whose every setting is another", () => {
	const yaml = rulesYaml({
		objectiveRatio: 0.995,
		alerts: {
			PipelineRunErrorBudgetBurnFast: { longWindow: "2h", shortWindow: "10m" },
			PipelineCostSpike: { baseline: "1d" },
			PipelineRetriesIneffective: { for: "0s" },
		},
	});
	// The unit test finds the rules, reads them, and that they are not those it was written for.
	expect(testWith(yaml, "PipelineRetriesIneffective")).toMatch(
		/^status 1\n[\s\S]*FAILED:[\s\S]*alertname: PipelineRetriesIneffective/,
	);
});
