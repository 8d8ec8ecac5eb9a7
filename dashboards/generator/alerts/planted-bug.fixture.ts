import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { groupsIn, type Rule, type RuleGroup, rulesIn } from "../rule-group.fixture.ts";
import { definitions } from "./definitions.ts";
import { secondsOf } from "./duration.ts";
import { type Alert, type AlertParameters, alerts, rulesYaml } from "./index.ts";
import { rulesFile } from "./rule-tests.fixture.ts";

/** A mistake that somebody could make in a rule; the unit test of the alert has to fail by it. */
export interface PlantedBug {
	readonly alert: string;
	readonly bug: string;
	/** The whole file of rules, with the mistake in it. */
	readonly rules: string;
}

/** Bugs of every alert: each setting another, each guard gone, and a few by hand. */
export function plantedBugs(): readonly PlantedBug[] {
	return alerts.flatMap((alert) => [...ofSettings(alert), ...ofGuards(alert), ...byHand(alert)]);
}

function ofSettings({ name }: Alert): PlantedBug[] {
	const definition = Object.values(definitions)
		.flat()
		.find((each) => each.name === name);
	const { severity: _, ...settings } = definition?.defaults ?? {};
	return Object.entries(settings).flatMap(([key, value]) =>
		othersThan(key, value, definition?.name).map((other) => {
			const parameters = { alerts: { [name]: { [key]: other } } } as AlertParameters;
			return { alert: name, bug: `${key} is ${other}`, rules: withTheirTexts(rulesYaml(parameters), name) };
		}),
	);
}

function othersThan(key: string, value: number | string, name: string | undefined): (number | string)[] {
	if (key === "keepFiringFor") return ["0s"];
	if (key === "for") return value === "0s" ? ["30m"] : ["0s", `${4 * (secondsOf(String(value)) ?? 0)}s`];
	if (key.startsWith("least")) return [0, 1e6];
	if (key === "threshold") {
		const isShare = name !== undefined && typeof value === "number" && value < 1 && value > 0;
		return value === 0 ? [1e6] : [Number(value) / 2, isShare ? (1 + Number(value)) / 2 : Number(value) * 2];
	}
	return [`${8 * (secondsOf(String(value)) ?? 0)}s`];
}

function ofGuards({ name, guards }: Alert): PlantedBug[] {
	return guards.map((_, index) => ({
		alert: name,
		bug: `guard ${index + 1} is gone`,
		rules: changed(name, (expression) =>
			expression
				.split("\nand ")
				.toSpliced(index + 1, 1)
				.join("\nand "),
		),
	}));
}

/** Text in an expression, and what somebody could have written in its place. */
const mistakes: Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>> = {
	PipelineRunErrorBudgetBurnFast: [
		["error|timeout|rejected", "error|timeout"],
		["error|timeout|rejected", "rejected"],
		["rate_limited|unauthorized", "rate_limited"],
		["rate_limited|unauthorized", "unauthorized"],
	],
	PipelineCircuitBreakerOpen: [
		[/^max by/g, "min by"],
		["open|forced_open", "open"],
		["max by (job, instance,", "max by (job,"],
		['{circuit_breaker_state="closed"}[1m]', "[1m]"],
		[/ or max by .*? == 1(?=\))/g, ""],
		[/sum by .* or (?=max by)/g, ""],
	],
	PipelineCircuitBreakerStuckOpen: [
		["open|half_open", "open"],
		["sum by (job, instance,", "sum by (job,"],
		[" == 1 and", " >= 0 and"],
		["> 0) > 0.9", ">= 0) > 0.9"],
	],
	PipelineCircuitBreakerFlapping: [
		['circuit_breaker_from_state="closed",', ""],
		["max by", "sum by"],
		["round(", "ceil("],
	],
	PipelineCircuitBreakerForced: [["forced_open|disabled", "forced_open"]],
	PipelineStreamBackpressure: [["max by", "sum by"]],
	PipelineStreamDropping: [
		["cancelled|closed", "closed"],
		["cancelled|closed", "cancelled"],
	],
	PipelineStageLatencyHigh: [["ok|error|timeout|fallback", "ok|error|timeout|fallback|rejected"]],
	PipelineTimeoutsHigh: [["timed_out|ignored_cancel", "timed_out"]],
	PipelineExporterQueueNearlyFull: [["sum by (job, instance,", "sum by (job,"]],
	PipelineExporterDroppingData: [[" unless last_over_time", " and last_over_time"]],
	PipelineCostUnpriced: [
		[" unless last_over_time", " and last_over_time"],
		["[1h] offset 1h", "[1m] offset 1h"],
	],
	PipelineCostBudgetExceeded: [[">= 1", "> 1"]],
	PipelineMetricsAbsent: [
		[" unless ", " and "],
		["last_over_time(pipeline_sdk_info[1h])", "pipeline_sdk_info offset 1h"],
	],
	PipelineRetryStorm: [[/\(\w+ unless last_over_time\([^)]*\)\) or /g, ""]],
};

function byHand({ name }: Alert): PlantedBug[] {
	return (mistakes[name] ?? []).map(([right, wrong]) => ({
		alert: name,
		bug: `${wrong} for ${right}`,
		rules: changed(name, (expression) => expression.replaceAll(right, wrong)),
	}));
}

/** Without the groups that have nothing to do with an alert: they take their time. */
function onlyWhatItNeeds(groups: readonly RuleGroup[], name: string): readonly RuleGroup[] {
	const own = groups.filter(({ rules }) => rules.some(({ alert }) => alert === name));
	const needsRecorded = own.some(({ rules }) => rules.some(({ alert, expr }) => alert === name && /\w:\w/.test(expr)));
	return [
		...(needsRecorded ? groups.filter(({ rules }) => rules.some(({ record }) => record !== undefined)) : []),
		...own,
	];
}

/** What is committed for one alert. */
export function rulesFor(name: string): string {
	return edited(readFileSync(rulesFile, "utf8"), name, (rule) => rule);
}

/** The rules with the expressions of one alert changed, and of what is recorded for it. */
function changed(name: string, change: (expression: string) => string): string {
	return edited(rulesYaml(), name, (rule) =>
		rule.alert === name || rule.record !== undefined ? { ...rule, expr: change(rule.expr) } : rule,
	);
}

/** Rules with the texts that tests expect: a text that says another number must not be all that a test finds. */
function withTheirTexts(yaml: string, name: string): string {
	const texts = new Map(rulesIn(rulesYaml()).map(({ alert, annotations }) => [alert, annotations]));
	return edited(yaml, name, (rule) => ({ ...rule, ...(rule.alert && { annotations: texts.get(rule.alert) ?? {} }) }));
}

function edited(yaml: string, name: string, edit: (rule: Rule) => Rule): string {
	const groups = onlyWhatItNeeds(groupsIn(yaml), name).map((group) => ({
		...group,
		rules: group.rules.filter(({ alert }) => alert === name || alert === undefined).map(edit),
	}));
	return stringify({ groups }, { lineWidth: 0 });
}
