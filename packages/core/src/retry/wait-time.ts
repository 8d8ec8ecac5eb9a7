const aboveEpochSeconds = 1_000_000_000;
const aboveEpochMs = 1_000_000_000_000;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const dates = [
	/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
	/^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
	/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/,
];
const dateWithoutZone = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** A number without a sign, with or without a fraction. */
export function plainNumber(text: string): number | undefined {
	return /^\d+(?:\.\d*)?$/.test(text) ? Number(text) : undefined;
}

/** Seconds in milliseconds; undefined for what is no plain number. */
export function secondsInMs(text: string): number | undefined {
	const seconds = plainNumber(text);
	return seconds === undefined ? undefined : seconds * 1_000;
}

/** A date of HTTP, in its three forms, or of ISO 8601, as milliseconds since 1970. */
export function dateMs(text: string): number | undefined {
	const isDate = dateWithoutZone.test(text) || dates.some((form) => form.test(text));
	if (!isDate) return undefined;
	// biome-ignore lint/style/noRestrictedGlobals: what is parsed is a text; no time is read
	const ms = Date.parse(dateWithoutZone.test(text) ? `${text} GMT` : text);
	return Number.isNaN(ms) ? undefined : ms;
}

/** A length of time such as `1s`, `6m0s`, `20ms` or `1h2m3.5s`. */
function durationMs(text: string): number | undefined {
	if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
	let total = 0;
	for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
		total += Number(amount) * (unitsMs[unit as string] as number);
	}
	return total;
}

/**
 * What the many forms of a "reset" header mean, as milliseconds from now: seconds, a time since 1970 in seconds or
 * milliseconds, a date, a length of time with units.
 */
export function untilResetMs(text: string, nowMs: number): number | undefined {
	const number = plainNumber(text);
	if (number === undefined) {
		const date = dateMs(text);
		return date === undefined ? durationMs(text) : date - nowMs;
	}
	if (number >= aboveEpochMs) return number - nowMs;
	return number >= aboveEpochSeconds ? number * 1_000 - nowMs : number * 1_000;
}
