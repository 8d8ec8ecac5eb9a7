import { classicColor, colorOf } from "./color.ts";
import type { FieldConfig, FieldSettings, MappingResult, ThresholdStep } from "./dashboard.ts";
import { type FormatOptions, formatValue } from "./unit.ts";

const noConfig: FieldConfig = { defaults: {}, overrides: [] };

/** A series, or a column of a table, by which overrides know it. */
export interface Field {
	readonly name: string;
	readonly points?: readonly (readonly [timeMs: number, value: number | null])[];
}

type Override = FieldConfig["overrides"][number];

/** Gives how a field looks: the panel's defaults, and all overrides that match, in their order. */
export function settingsOf(field: Field, config: FieldConfig = noConfig): FieldSettings {
	let settings = config.defaults;
	for (const { matcher, properties } of config.overrides) {
		if (!matches(matcher, field)) continue;
		for (const { id, value } of properties) {
			settings = id.startsWith("custom.")
				? { ...settings, custom: { ...settings.custom, [id.slice("custom.".length)]: value } }
				: { ...settings, [id]: value };
		}
	}
	return settings;
}

function matches({ id, options }: Override["matcher"], { name, points }: Field): boolean {
	if (id === "byName") return options === name;
	if (id === "byRegexp" && typeof options === "string") {
		const [, pattern, flags] = /^\/(.*)\/(\w*)$/.exec(options) ?? [undefined, options, ""];
		return new RegExp(pattern as string, flags).test(name);
	}
	if (id === "byValue" && typeof options === "object" && options.reducer === "allIsZero") {
		return points?.every(([, value]) => value === 0 || value === null) ?? false;
	}
	throw new RangeError(`overrides by ${id} with ${JSON.stringify(options)} are not drawn yet`);
}

/** Colour of a series: its own, or its place's. */
export function seriesColor({ color }: FieldSettings, index: number): string {
	return color?.mode === "fixed" && color.fixedColor !== undefined ? colorOf(color.fixedColor) : classicColor(index);
}

/** Colour of a value: its mapping's, or its threshold's. */
export function valueColor(value: number | undefined, { mappings, thresholds, color }: FieldSettings): string {
	if (color?.mode === "fixed" && color.fixedColor !== undefined) return colorOf(color.fixedColor);
	return colorOf(
		mapped(value, mappings)?.color ?? stepOf(value ?? Number.NEGATIVE_INFINITY, thresholds?.steps ?? []).color,
	);
}

function mapped(value: number | undefined, mappings: FieldSettings["mappings"] = []): MappingResult | undefined {
	for (const mapping of mappings) {
		const isOfNone = mapping.type === "special" && mapping.options.match === "null+nan";
		const result =
			mapping.type === "value" ? mapping.options[String(value)] : isOfNone ? mapping.options.result : undefined;
		if (result !== undefined && isOfNone === (value === undefined || Number.isNaN(value))) return result;
	}
	return undefined;
}

function stepOf(value: number, steps: readonly ThresholdStep[]): ThresholdStep {
	const base = steps[0] ?? { value: null, color: "green" };
	return steps.findLast(({ value: from }) => from !== null && value >= from) ?? base;
}

/** Text of a value: its mapping's, or the number in its unit. */
export function valueText(value: number, settings: FieldSettings, options: FormatOptions = {}): string {
	return (
		mapped(value, settings.mappings)?.text ??
		formatValue(value, settings.unit, { decimals: settings.decimals, ...options })
	);
}
