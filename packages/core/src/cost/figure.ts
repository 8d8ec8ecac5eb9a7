/** True for what can be added up: from 0 on, and not so large that a sum would no longer be exact. */
export function isFigure(value: unknown): value is number {
	return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
