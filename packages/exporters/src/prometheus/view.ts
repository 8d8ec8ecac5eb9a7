import {
	knownOptions,
	nonEmptyString,
	optionalBoolean,
	optionalString,
	refuse,
	stringList,
} from "@footlight/core/option";
import type { Attributes } from "@opentelemetry/api";
import { checkBuckets } from "./bucket.ts";

/** Changes what becomes of the instruments it names. The first view that fits an instrument is the one that counts. */
export interface MetricView {
	/** Name of the instrument; `*` stands for any characters. Upper and lower case are the same. */
	readonly instrument: string;
	/** Another name; `instrument` may then have no `*`. */
	readonly name?: string;
	readonly description?: string;
	/** Upper bounds of a histogram's buckets, rising. */
	readonly buckets?: readonly number[];
	/**
	 * Attributes that become labels (`allow`), or that do not (`deny`); values of series that become one are added up.
	 * Exemplars show the others, as far as they have room.
	 */
	readonly attributes?: { readonly allow: readonly string[] } | { readonly deny: readonly string[] };
	/** Leaves the instrument out. @default false */
	readonly drop?: boolean;
}

/** Parts attributes into those that become labels and those that do not. */
export interface AttributeFilter {
	keep(attributes: Attributes): Attributes;
	leaveOut(attributes: Attributes): Attributes;
}

/** Finds the view of an instrument. */
export type FindView = (instrument: string) => AppliedView | undefined;

export interface AppliedView extends Omit<MetricView, "instrument" | "attributes"> {
	readonly filter: AttributeFilter | undefined;
}

/** Checks views, and makes them ready to be searched. */
export function viewsFrom(where: string, views: unknown): FindView {
	if (!Array.isArray(views)) return refuse(TypeError, where, "an array of views", views);
	const ready = views.map((view, index) => viewFrom(`${where}[${index}]`, view));
	return (instrument) => ready.find(({ fits }) => fits.test(instrument))?.applied;
}

function viewFrom(where: string, view: MetricView): { readonly fits: RegExp; readonly applied: AppliedView } {
	if (view === null || typeof view !== "object") refuse(TypeError, where, "a view", view);
	knownOptions(where, view, ["instrument", "name", "description", "buckets", "attributes", "drop"]);
	const { instrument, attributes, ...applied } = view;
	nonEmptyString(`${where}: instrument`, instrument);
	if (applied.name !== undefined) {
		nonEmptyString(`${where}: name`, applied.name);
		if (instrument.includes("*"))
			refuse(RangeError, `${where}: instrument`, "one name, as the view renames it", instrument);
	}
	optionalString(`${where}: description`, applied.description);
	optionalBoolean(`${where}: drop`, applied.drop);
	if (applied.buckets !== undefined) checkBuckets(`${where}: buckets`, applied.buckets);
	const pattern = instrument.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|/-]/g, "\\$&"));
	return {
		fits: new RegExp(`^${pattern.join(".*")}$`, "is"),
		applied: { ...applied, filter: filterFrom(where, attributes) },
	};
}

function filterFrom(where: string, given: MetricView["attributes"]): AttributeFilter | undefined {
	if (given === undefined) return undefined;
	const option = `${where}: attributes`;
	if (given === null || typeof given !== "object") refuse(TypeError, option, "{ allow } or { deny }", given);
	knownOptions(option, given, ["allow", "deny"]);
	const { allow, deny } = given as { allow?: unknown; deny?: unknown };
	if ((allow === undefined) === (deny === undefined)) refuse(TypeError, option, "either { allow } or { deny }", given);
	const names = new Set(stringList(`${option}: ${deny === undefined ? "allow" : "deny"}`, allow ?? deny));
	const only = (named: boolean) => (attributes: Attributes) =>
		Object.fromEntries(Object.entries(attributes).filter(([name]) => names.has(name) === named));
	return { keep: only(deny === undefined), leaveOut: only(deny !== undefined) };
}
