/** What a metric is to Prometheus, as far as its name shows it: `_total` for sums that only grow, `_ratio` for gauges of unit 1. */
export type NamedKind = "monotonic_sum" | "sum" | "gauge" | "histogram";

/** UCUM to words, by the table of the OpenTelemetry-Prometheus specification; `KBy` is what many write for `kBy`. */
const unitWords = new Map([
	["d", "days"],
	["h", "hours"],
	["min", "minutes"],
	["s", "seconds"],
	["ms", "milliseconds"],
	["us", "microseconds"],
	["ns", "nanoseconds"],
	["By", "bytes"],
	["KiBy", "kibibytes"],
	["MiBy", "mebibytes"],
	["GiBy", "gibibytes"],
	["TiBy", "tebibytes"],
	["kBy", "kilobytes"],
	["KBy", "kilobytes"],
	["MBy", "megabytes"],
	["GBy", "gigabytes"],
	["TBy", "terabytes"],
	["m", "meters"],
	["V", "volts"],
	["A", "amperes"],
	["J", "joules"],
	["W", "watts"],
	["g", "grams"],
	["Cel", "celsius"],
	["Hz", "hertz"],
	["%", "percent"],
	["1", ""],
]);

const perUnitWords = new Map([
	["s", "second"],
	["m", "minute"],
	["h", "hour"],
	["d", "day"],
	["w", "week"],
	["mo", "month"],
	["y", "year"],
]);

/**
 * Gives an instrument's name in Prometheus; empty where nothing of it can stand there.
 *
 * By the OpenTelemetry-Prometheus specification. What it leaves open goes as Prometheus does it for OTLP, so that a
 * metric has one name whether it is scraped or pushed: a unit is left out where it is a word of the name already, and
 * the words `total` and `ratio` are moved to the end.
 */
export function metricName(name: string, unit: string, kind: NamedKind): string {
	let words = wordsOf(name);
	if (words.length === 0) return "";
	const { main, per } = unitParts(unit);
	if (main !== "" && !words.includes(main)) words.push(main);
	if (per !== "" && !words.includes(per)) words.push(per);
	if (kind === "monotonic_sum") words = lastly(words, "total");
	if (kind === "gauge" && unit === "1") words = lastly(words, "ratio");
	const joined = words.join("_");
	return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** Gives the unit as Prometheus words, `bytes_per_second` say; empty where it has none. */
export function unitName(unit: string): string {
	const { main, per } = unitParts(unit);
	return [main, per].filter((word) => word !== "").join("_");
}

function unitParts(unit: string): { readonly main: string; readonly per: string } {
	const slash = unit.indexOf("/");
	const main = unitPart(slash < 0 ? unit : unit.slice(0, slash), unitWords);
	const per = slash < 0 ? "" : unitPart(unit.slice(slash + 1), perUnitWords);
	return { main, per: per === "" ? "" : `per_${per}` };
}

function unitPart(given: string, words: ReadonlyMap<string, string>): string {
	const part = given.trim();
	if (/[{}]/.test(part)) return "";
	return words.get(part) ?? wordsOf(part).join("_");
}

function wordsOf(text: string): string[] {
	return text.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== "");
}

function lastly(words: readonly string[], last: string): string[] {
	return [...words.filter((word) => word !== last), last];
}
