/** Errors wrap one another; a chain that is longer than this, or goes round, is not followed further. */
const longestChain = 8;

/** An error and its causes, outermost first; only objects. Reading one may throw: a getter is the user's code. */
export function* errorChain(error: unknown): Generator<Readonly<Record<string, unknown>>> {
	let current = error;
	for (let length = 0; length < longestChain; length++) {
		if (typeof current !== "object" || current === null) return;
		yield current as Record<string, unknown>;
		current = (current as { cause?: unknown }).cause;
	}
}
