/** What is shown, in milliseconds since the epoch, and how finely. */
export interface TimeRange {
	readonly fromMs: number;
	readonly toMs: number;
	/** How often Prometheus scrapes. */
	readonly scrapeMs: number;
}

const niceStepsMs = [
	1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
]
	.concat(86_400)
	.map((seconds) => seconds * 1_000);

/** Distance of the points in a graph of this width: one for each pixel, and none shorter than a scrape. */
export function stepMsOf(range: TimeRange, maxPoints: number): number {
	const least = Math.max((range.toMs - range.fromMs) / maxPoints, range.scrapeMs);
	return niceStepsMs.find((step) => step >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}

/** Grafana's `$__rate_interval`: four scrapes, or a step and a scrape. */
export function rateIntervalMs(range: TimeRange, stepMs: number): number {
	return Math.max(stepMs + range.scrapeMs, 4 * range.scrapeMs);
}

/** Writes a duration for PromQL. */
export function durationText(durationMs: number): string {
	const ms = Math.round(durationMs);
	return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a duration such as `20s` or `5m`, in milliseconds. */
export function readDuration(where: string, text: string): number {
	const [, number, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
	if (number === undefined || Number(number) === 0) {
		throw new RangeError(`${where} must be a duration such as 20s or 5m, got ${JSON.stringify(text)}`);
	}
	return Number(number) * units[unit as keyof typeof units];
}
