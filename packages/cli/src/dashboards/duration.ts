import { show } from "@footlight/core/option";
import { Complaint } from "../complaint.ts";

const secondsOf = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Reads a duration such as `30m`, in seconds; refuses what lies outside of the limits. */
export function readDuration(option: string, text: string, least: string, most: string): number {
	const seconds = secondsIn(text);
	if (seconds === undefined)
		throw new Complaint(`${option} must be a duration such as 30s, 30m or 6h, got ${show(text)}`);
	if (seconds < (secondsIn(least) ?? 0) || seconds > (secondsIn(most) ?? Number.POSITIVE_INFINITY)) {
		throw new Complaint(`${option} must lie between ${least} and ${most}, got ${show(text)}`);
	}
	return seconds;
}

/** Seconds of a duration of Prometheus, `1h30m` and `200ms` among them; undefined where it is none. */
export function secondsIn(text: string): number | undefined {
	if (!/^(?:\d+(?:ms|[smhd]))+$/.test(text)) return undefined;
	return [...text.matchAll(/(\d+)(ms|[smhd])/g)].reduce(
		(sum, [, count, unit]) => sum + Number(count) * (unit === "ms" ? 0.001 : secondsOf[unit as keyof typeof secondsOf]),
		0,
	);
}
