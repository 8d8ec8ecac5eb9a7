/**
 * Gives the values a series went through, each once for as long as it stayed.
 *
 * @example changes([0, 0, 2, 2, 1, 0]) // => [0, 2, 1, 0]
 */
export function changes(values: readonly number[]): number[] {
	return values.filter((value, index) => value !== values[index - 1]);
}

/** Whether a series went through these values one after the other, with nothing between them. */
export function wentThrough(values: readonly number[], course: readonly number[]): boolean {
	const went = changes(values);
	return went.some((_, start) => course.every((value, index) => went[start + index] === value));
}
