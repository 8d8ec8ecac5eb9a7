import { parse } from "yaml";

/** A rule of Prometheus: an alert, or a series that is recorded. */
export interface Rule {
	readonly record?: string;
	readonly alert?: string;
	readonly expr: string;
	readonly annotations?: Readonly<Record<string, string>>;
}

/** Rules that Prometheus evaluates one after the other. */
export interface RuleGroup {
	readonly name: string;
	readonly rules: readonly Rule[];
}

/** The groups of a file of rules. */
export function groupsIn(yaml: string): readonly RuleGroup[] {
	return (parse(yaml) as { readonly groups: readonly RuleGroup[] }).groups;
}

/** All rules of a file. */
export function rulesIn(yaml: string): readonly Rule[] {
	return groupsIn(yaml).flatMap(({ rules }) => rules);
}
