import { type KnownAttribute, labelOf } from "../metric.ts";

/** How soon somebody has to look: now, today, or when there is time. */
export type Severity = (typeof severities)[number];

export const severities = ["critical", "warning", "info"] as const;

/** Dashboards that alerts lead to; the uid is `footlight-` and this. */
export type AlertDashboard = "overview" | "resilience" | "stages" | "streaming" | "cost" | "telemetry";

/** What can be set of every alert; windows and floors are each one's own. */
export interface CommonSettings {
	readonly severity: Severity;
	/** How long it has to hold until it fires, as Prometheus writes durations. */
	readonly for: string;
	/** For how long it fires on once it no longer holds. */
	readonly keepFiringFor?: string;
	/** What the value is compared with; absent where no other number would make sense. */
	readonly threshold?: number;
}

/** An alert, before its settings are known. */
export interface Definition<Name extends string = string, Settings extends CommonSettings = CommonSettings> {
	readonly name: Name;
	readonly defaults: Settings;
	/** Labels that each alert carries. */
	readonly by: readonly KnownAttribute[];
	readonly operator: Alert["operator"];
	/** What the value is compared with, where that cannot be set. */
	readonly fixedThreshold?: number;
	/** Its value never gets there: a threshold has to be below. */
	readonly thresholdBelow?: number;
	readonly dashboard: AlertDashboard;
	readonly panel: string;
	readonly isEmptyWhenWell?: boolean;
	readonly summary: string;
	/** Methods, so that definitions with different settings fit one list. */
	description(settings: Settings, common: Objective): string;
	value(settings: Settings, common: Objective): string;
	guards?(settings: Settings, common: Objective): readonly string[];
}

/** What several alerts have in common. */
export interface Objective {
	/** Share of runs that are to succeed. */
	readonly objectiveRatio: number;
}

/** An alert with all its settings. */
export interface Alert {
	readonly name: string;
	/** What is compared, as PromQL; it stands on metrics alone, not on recording rules. */
	readonly value: string;
	readonly operator: ">" | ">=" | "<" | "==";
	readonly threshold: number;
	/** What has to hold beside it: traffic, a past to compare with. */
	readonly guards: readonly string[];
	readonly for: string;
	readonly keepFiringFor?: string;
	readonly severity: Severity;
	readonly summary: string;
	readonly description: string;
	/** Labels that it carries, as Prometheus has them. */
	readonly labels: readonly string[];
	readonly dashboard: AlertDashboard;
	/** Where to look first on that dashboard. */
	readonly panel: string;
	/** True where `value` gives nothing as long as all is well. */
	readonly isEmptyWhenWell: boolean;
}

/** Writes an alert down, with its name and its settings kept for the types of parameters. */
export function define<const Name extends string, Settings extends CommonSettings>(
	definition: Definition<Name, Settings>,
): Definition<Name, Settings> {
	return definition;
}

/** Makes an alert of its definition. */
export function alertOf(definition: Definition, settings: CommonSettings, objective: Objective): Alert {
	const { name, by, operator, fixedThreshold, dashboard, panel, summary, isEmptyWhenWell = false } = definition;
	const threshold = settings.threshold ?? fixedThreshold;
	if (threshold === undefined) throw new Error(`${name} has no threshold`);
	return {
		name,
		value: definition.value(settings, objective),
		operator,
		threshold,
		guards: definition.guards?.(settings, objective) ?? [],
		for: settings.for,
		...(settings.keepFiringFor !== undefined && { keepFiringFor: settings.keepFiringFor }),
		severity: settings.severity,
		summary,
		description: definition.description(settings, objective),
		labels: by.map((attribute) => labelOf(attribute)),
		dashboard,
		panel,
		isEmptyWhenWell,
	};
}

/** What Prometheus evaluates: the value against its threshold, and all that has to hold beside it. */
export function expressionOf({ value, operator, threshold, guards }: Alert): string {
	return [`${value} ${operator} ${threshold}`, ...guards].join("\nand ");
}

/** A label in the text of an annotation. */
export function label(attribute: KnownAttribute): string {
	return `{{ $labels.${labelOf(attribute)} }}`;
}
