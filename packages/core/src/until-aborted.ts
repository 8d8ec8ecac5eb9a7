/** What one who waits until a signal aborts does about the rest. */
export interface Giving {
	/** Takes what arrives after the abort. */
	late?(value: unknown): void;
	/** What is waited for even after the abort, because it is sure to end. */
	closing?(): Promise<unknown> | undefined;
}

/** Waits for something, or until the signal aborts: then it rejects with the reason, whatever the other does later. */
export function untilAborted<T>(
	awaited: Promise<T>,
	signal: AbortSignal | undefined,
	{ late, closing }: Giving = {},
): Promise<T> {
	if (signal === undefined) return awaited;
	return new Promise((resolve, reject) => {
		let isOver = false;
		const aborted = () => {
			isOver = true;
			const giveUp = () => reject(signal.reason);
			const last = closing?.();
			if (last === undefined) giveUp();
			else last.then(giveUp, giveUp);
		};
		if (signal.aborted) aborted();
		else signal.addEventListener("abort", aborted, { once: true });
		awaited.then(
			(value) => {
				if (isOver) {
					late?.(value);
					return;
				}
				signal.removeEventListener("abort", aborted);
				resolve(value);
			},
			(error) => {
				if (isOver) return;
				signal.removeEventListener("abort", aborted);
				reject(error);
			},
		);
	});
}
