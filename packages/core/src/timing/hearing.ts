const told = new WeakMap<AbortSignal, () => void>();

/** Has it told when the work itself asks for a signal: a layer that asks for it cannot speak for the work. */
export function whenHeard(signal: AbortSignal, heard: () => void): void {
	told.set(signal, heard);
}

/** The work asks for a signal: it can hear that it is given up, by whoever does so. */
export function hear(signal: AbortSignal | undefined): void {
	if (signal !== undefined) told.get(signal)?.();
}

/** A signal that aborts with either of two; whoever hears it hears both. */
export function either(one: AbortSignal, other: AbortSignal): AbortSignal {
	const both = AbortSignal.any([one, other]);
	whenHeard(both, () => {
		hear(one);
		hear(other);
	});
	return both;
}
