import type { HrTime } from "@opentelemetry/api";

/** Milliseconds since 1970 as the SDK keeps time; given a plain number, it would read the clock to tell what it means. */
export function hrTime(ms: number): HrTime {
	const seconds = Math.trunc(ms / 1_000);
	const nanoseconds = Math.round((ms - seconds * 1_000) * 1_000_000);
	return nanoseconds < 1_000_000_000 ? [seconds, nanoseconds] : [seconds + 1, 0];
}
