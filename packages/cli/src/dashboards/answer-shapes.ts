/** Tells whether JSON has the shape that is read of it. */
export type Guard<T> = (value: unknown) => value is T;

type Fields = Readonly<Record<string, unknown>>;

export function isText(value: unknown): value is string {
	return typeof value === "string";
}

export function isObject(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list of nothing but what the other guard lets pass. */
export function isListOf<T>(isOne: Guard<T>): Guard<readonly T[]> {
	return (value): value is readonly T[] => Array.isArray(value) && value.every(isOne);
}

/** A process that Prometheus scrapes. */
export interface ScrapeTarget {
	readonly labels: Readonly<Record<string, string>>;
	readonly health: string;
	readonly scrapeUrl: string;
	readonly lastError: string;
	readonly scrapeInterval?: string;
}

export function isTargets(value: unknown): value is { readonly activeTargets: readonly ScrapeTarget[] } {
	return isObject(value) && isListOf(isTarget)(value.activeTargets);
}

function isTarget(value: unknown): value is ScrapeTarget {
	if (!isObject(value) || !isObject(value.labels)) return false;
	const { health, scrapeUrl, lastError, scrapeInterval } = value;
	return [health, scrapeUrl, lastError].every(isText) && isAbsentOr(isText, scrapeInterval);
}

/** Groups of rules, of which the names are read. */
export interface LoadedRules {
	readonly groups: readonly { readonly rules: readonly { readonly name: string }[] }[];
}

export function isRules(value: unknown): value is LoadedRules {
	return isObject(value) && isListOf(isGroup)(value.groups);
}

function isGroup(value: unknown): value is LoadedRules["groups"][number] {
	return isObject(value) && isListOf(isNamed)(value.rules);
}

function isNamed(value: unknown): value is { readonly name: string } {
	return isObject(value) && isText(value.name);
}

type BuildInformation = Readonly<Partial<Record<"version" | "application" | "revision", string>>>;

export function isBuildInformation(value: unknown): value is BuildInformation {
	return isObject(value) && [value.version, value.application, value.revision].every((one) => isAbsentOr(isText, one));
}

type Point = readonly [number, string];

interface SeriesData {
	readonly metric: Readonly<Record<string, string>>;
	readonly value?: Point;
	readonly values?: readonly Point[];
}

export type QueryData =
	| { readonly resultType: "scalar"; readonly result: Point }
	| { readonly resultType: "string"; readonly result: Point }
	| { readonly resultType: "vector" | "matrix"; readonly result: readonly SeriesData[] };

export function isQueryData(value: unknown): value is QueryData {
	if (!isObject(value)) return false;
	const { resultType, result } = value;
	if (resultType === "scalar" || resultType === "string") return isPoint(result);
	return (resultType === "vector" || resultType === "matrix") && isListOf(isSeriesData)(result);
}

function isSeriesData(value: unknown): value is SeriesData {
	if (!isObject(value)) return false;
	const { metric, value: point, values } = value;
	return isObject(metric) && isAbsentOr(isPoint, point) && isAbsentOr(isListOf(isPoint), values);
}

function isPoint(value: unknown): value is Point {
	return Array.isArray(value) && typeof value[0] === "number" && isText(value[1]);
}

function isAbsentOr<T>(isOne: Guard<T>, value: unknown): value is T | undefined {
	return value === undefined || isOne(value);
}
