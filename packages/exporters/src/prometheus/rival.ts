import type { PrometheusRegistry, RegisteredMetric } from "./registry.ts";

/** What the series of a type are called beside their family; those of a type that is not here are called as it is. */
const endingsOf: Readonly<Record<string, readonly string[]>> = {
	counter: ["_total", "_created"],
	histogram: ["_bucket", "_sum", "_count", "_created"],
	summary: ["", "_sum", "_count", "_created"],
	info: ["_info"],
};
const endings = ["", ...new Set(Object.values(endingsOf).flat())];

/**
 * Finds the metric of a registry that a new one cannot stand beside, because in one of the formats they would have a
 * name in common: that of the family (OpenMetrics has counters without `_total`), or one of a series.
 */
export function findRival(registry: PrometheusRegistry, name: string, type: string): RegisteredMetric | undefined {
	const family = familyName(name, type);
	const series = seriesNames(name, type);
	for (const candidate of candidates([family, name, ...series])) {
		const found = registry.getSingleMetric(candidate) as RegisteredMetric | undefined;
		// A registry may be a plain object that has a `constructor` of its own.
		if (typeof found !== "object") continue;
		if (candidate === name || familyName(candidate, found.type) === family) return found;
		if (seriesNames(candidate, found.type).some((one) => series.includes(one))) return found;
	}
	return undefined;
}

function familyName(name: string, type: string): string {
	return type === "counter" ? name.replace(/_total$/, "") : name;
}

function seriesNames(name: string, type: string): string[] {
	return (endingsOf[type] ?? [""]).map((ending) => `${familyName(name, type)}${ending}`);
}

/** Under which names a metric may be registered that has one of these. */
function candidates(names: readonly string[]): ReadonlySet<string> {
	const found = new Set<string>();
	for (const name of names) {
		for (const ending of endings) {
			if (!name.endsWith(ending)) continue;
			const family = name.slice(0, name.length - ending.length);
			found.add(family).add(`${family}_total`);
		}
	}
	return found;
}
