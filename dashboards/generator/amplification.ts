import type { KnownAttribute } from "./metric.ts";
import { orZero, rateInterval, risen, type Scope, share, sumBy } from "./promql.ts";

/**
 * Attempts for each call; 1 where none was made again.
 *
 * The series of an error is born with the first attempt that is made for it, so births count, of calls as well; and before
 * there was none.
 */
export function attemptsPerCall(
	{ series }: Scope,
	by: readonly KnownAttribute[],
	window: string = rateInterval,
): string {
	const calls = sumBy(by, risen(series("pipeline.retry.calls"), window));
	const further = sumBy(by, risen(series("pipeline.retry.attempts"), window));
	return `1 + ${share(orZero(further, calls), calls)}`;
}
