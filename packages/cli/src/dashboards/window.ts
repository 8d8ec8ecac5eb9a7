/** The time that is looked at, and how finely; in seconds. */
export interface Window {
	readonly start: number;
	readonly end: number;
	readonly range: number;
	readonly step: number;
	/** Grafana's `$__rate_interval`. */
	readonly rateInterval: number;
	readonly scrapeInterval: number;
}

/** How many points a panel is taken to have room for. */
const mostPoints = 240;

/** The last `range` before `end`, with the steps and the rate interval that Grafana would take. */
export function windowBefore(end: number, range: number, scrapeInterval: number): Window {
	const step = Math.max(scrapeInterval, roundUp(range / mostPoints));
	const rateInterval = Math.max(step + scrapeInterval, 4 * scrapeInterval);
	return { start: end - range, end, range, step, rateInterval, scrapeInterval };
}

/** Values of Grafana's own variables. */
export function builtInVariables({ start, end, range, step, rateInterval }: Window): Record<string, string> {
	return {
		__interval: inPrometheus(step),
		__interval_ms: String(Math.round(step * 1_000)),
		__rate_interval: inPrometheus(rateInterval),
		__range: inPrometheus(range),
		__range_s: String(Math.round(range)),
		__range_ms: String(Math.round(range * 1_000)),
		__from: String(Math.round(start * 1_000)),
		__to: String(Math.round(end * 1_000)),
	};
}

/** A duration as Prometheus reads it. */
export function inPrometheus(seconds: number): string {
	return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1_000)}ms`;
}

function roundUp(seconds: number): number {
	return seconds < 1 ? 1 : Math.ceil(seconds);
}
