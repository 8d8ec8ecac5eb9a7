import { knownOptions, oneOf, refuse } from "@footlight/core/option";
import { successObjective } from "../objective.ts";
import { type CommonSettings, type Definition, type Severity, severities } from "./alert.ts";
import { type AnyDefinition, definitions } from "./definitions.ts";
import { duration } from "./duration.ts";

/** What may be set of one alert: a part of what it has by default. */
export type Overrides<Settings> = {
	readonly [Key in keyof Settings]?: Key extends "severity" ? Severity : Settings[Key];
};

/** What may be set of the rules as a whole, and of each alert. */
export interface AlertParameters {
	/** Share of runs that are to succeed, below 1. @default 0.99 */
	readonly objectiveRatio?: number;
	/** Where the runbooks stand: a section of it for each alert. @default "docs/runbooks.md" */
	readonly runbookUrl?: string;
	/** Where Grafana is; without it, `dashboard_url` is a path. @default "" */
	readonly dashboardUrl?: string;
	/** Settings of alerts by their names, for what is not to be as by default; false leaves an alert out. */
	readonly alerts?: { readonly [Each in AnyDefinition as Each["name"]]?: Overrides<Each["defaults"]> | false };
}

/** The parameters, all there and checked. */
export interface CheckedParameters {
	readonly objectiveRatio: number;
	readonly runbookUrl: string;
	readonly dashboardUrl: string;
	/** What an alert is made with; undefined where it is left out. */
	settingsOf(definition: Definition): CommonSettings | undefined;
}

const known = ["objectiveRatio", "runbookUrl", "dashboardUrl", "alerts"];

/** Checks the parameters and fills in the defaults. */
export function checkParameters(parameters: AlertParameters = {}): CheckedParameters {
	knownOptions("alertRules", parameters, known);
	const {
		objectiveRatio = successObjective,
		runbookUrl = "docs/runbooks.md",
		dashboardUrl = "",
		alerts = {},
	} = parameters;
	numberBetween("alertRules: objectiveRatio", objectiveRatio, "a number above 0 and below 1", (n) => n > 0 && n < 1);
	if (typeof runbookUrl !== "string") refuse(TypeError, "alertRules: runbookUrl", "a string", runbookUrl);
	if (typeof dashboardUrl !== "string") refuse(TypeError, "alertRules: dashboardUrl", "a string", dashboardUrl);
	const all: readonly Definition[] = Object.values(definitions).flat();
	knownOptions(
		"alertRules: alerts",
		alerts,
		all.map(({ name }) => name),
	);
	const checked = new Map(
		all.map((each) => [each.name, checkSettings(each, alerts[each.name as keyof typeof alerts])]),
	);
	return {
		objectiveRatio,
		runbookUrl,
		dashboardUrl: dashboardUrl.replace(/\/+$/, ""),
		settingsOf: ({ name }) => checked.get(name),
	};
}

function checkSettings(definition: Definition, overrides: unknown): CommonSettings | undefined {
	if (overrides === false) return undefined;
	const where = `alertRules: ${definition.name}`;
	knownOptions(where, overrides, Object.keys(definition.defaults));
	const given = Object.entries(overrides ?? {}).filter(([, value]) => value !== undefined);
	for (const [key, value] of given) checkSetting(`${where}.${key}`, key, value, definition);
	return { ...definition.defaults, ...Object.fromEntries(given) };
}

function checkSetting(where: string, key: string, value: unknown, { defaults, thresholdBelow }: Definition): void {
	const known: unknown = defaults[key as keyof CommonSettings];
	if (key === "severity") oneOf(where, value, severities);
	else if (typeof known === "string") duration(where, value, key === "for" || key === "keepFiringFor");
	else if (key === "threshold" && thresholdBelow !== undefined) {
		const expected = `a number of at least 0 and below ${thresholdBelow}`;
		numberBetween(where, value, expected, (number) => number >= 0 && number < thresholdBelow);
	} else numberBetween(where, value, "a number of at least 0", (number) => number >= 0 && number < Infinity);
}

function numberBetween(where: string, value: unknown, expected: string, fits: (number: number) => boolean): void {
	if (typeof value !== "number") refuse(TypeError, where, expected, value);
	if (!fits(value)) refuse(RangeError, where, expected, value);
}
