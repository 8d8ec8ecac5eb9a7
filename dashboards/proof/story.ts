/**
 * Gives the values a series went through, each once for as long as it stayed.
 *
 * @example changes([0, 0, 2, 2, 1, 0]) // => [0, 2, 1, 0]
 */
export function changes(values: readonly number[]): number[] {
	return values.filter((value, index) => value !== values[index - 1]);
}

/** States of a circuit breaker by their numbers. */
export interface CourseStates {
	readonly closed: number;
	readonly open: number;
	readonly halfOpen: number;
}

/**
 * Whether a breaker opened, was tried, and closed again, with nothing left out: where a probe failed it is open once more, and
 * from open it never goes to closed but by half-open.
 */
export function closedAgain(values: readonly number[], { closed, open, halfOpen }: CourseStates): boolean {
	const tried = `${open},${halfOpen}`;
	return new RegExp(`(?:^|,)${closed},${tried}(?:,${tried})*,${closed}(?:,|$)`).test(changes(values).join(","));
}

/** Whether a breaker was closed, open, and closed again, for whoever looks so seldom that it may look past half-open. */
export function openedAndClosed(values: readonly number[], { closed, open, halfOpen }: CourseStates): boolean {
	const course = changes(values.filter((value) => value !== halfOpen)).join(",");
	return new RegExp(`(?:^|,)${closed},${open},${closed}(?:,|$)`).test(course);
}
