/** True for what `await` waits for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
	if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
	try {
		return typeof (value as { then?: unknown }).then === "function";
	} catch {
		return false;
	}
}

/**
 * Waits for something, or until the signal aborts: then it rejects with the reason, whatever the other does later.
 *
 * @param late - takes what arrives after the abort
 */
export function untilAborted<T>(
	awaited: PromiseLike<T>,
	signal: AbortSignal | undefined,
	late: (value: T) => void = () => {},
): Promise<T> {
	if (signal === undefined) return Promise.resolve(awaited);
	return new Promise((resolve, reject) => {
		let isOver = false;
		const aborted = () => {
			isOver = true;
			reject(signal.reason);
		};
		if (signal.aborted) aborted();
		else signal.addEventListener("abort", aborted, { once: true });
		awaited.then(
			(value) => {
				if (isOver) return late(value);
				signal.removeEventListener("abort", aborted);
				resolve(value);
			},
			(error) => {
				signal.removeEventListener("abort", aborted);
				reject(error);
			},
		);
	});
}
