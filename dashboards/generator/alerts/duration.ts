import { refuse } from "@footlight/core/option";

const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Seconds of a duration as Prometheus writes it (`1h30m`); undefined where it is none. */
export function secondsOf(duration: string): number | undefined {
	const found = parts.exec(duration);
	if (found === null || duration === "") return undefined;
	const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
	return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Checks a duration; one of no length only where it may be. */
export function duration(where: string, value: unknown, mayBeZero = false): string {
	const expected = mayBeZero ? 'a duration such as "0s" or "1h30m"' : 'a duration such as "5m" or "1h30m"';
	if (typeof value !== "string") refuse(TypeError, where, expected, value);
	const seconds = secondsOf(value);
	if (seconds === undefined || (seconds === 0 && !mayBeZero)) refuse(RangeError, where, expected, value);
	return value;
}

/** Two durations, one after the other. */
export function sumOf(one: string, other: string): string {
	let seconds = (secondsOf(one) ?? 0) + (secondsOf(other) ?? 0);
	let text = "";
	for (const [unit, length] of units) {
		if (seconds >= length) text += `${Math.floor(seconds / length)}${unit}`;
		seconds %= length;
	}
	return text;
}

const units = [
	["d", 86_400],
	["h", 3_600],
	["m", 60],
	["s", 1],
] as const;
