const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const duration = /(\[|offset )((?:\d+(?:ms|s|m|h|d))+)/g;

/**
 * Makes the windows of an alert's expression fit a run of minutes: each by the same factor, none below what a rate needs.
 * What it compares stays, so that hours of past need not be waited for.
 *
 * @example shorten("rate(x[6h] offset 30m)", 360, 10_000) // => "rate(x[60000ms] offset 10000ms)"
 */
export function shorten(expression: string, factor: number, leastMs: number): string {
	return expression.replace(
		duration,
		(_, before: string, text: string) => `${before}${Math.max(Math.round(millisecondsIn(text) / factor), leastMs)}ms`,
	);
}

/** A duration of several parts, such as `6h30m`. */
function millisecondsIn(text: string): number {
	const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
	return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitsMs[unit as keyof typeof unitsMs], 0);
}
