import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `use`, and then undoes what it has deferred, the last first: when it is done, when it fails, and when this process is
 * told to end, which it then does: with the exit code a shell expects of the signal, or with the one that is given for it.
 */
export async function undone<T>(
	use: (ends: AsyncDisposableStack) => Promise<T>,
	exitCodes: Partial<Record<(typeof signals)[number], number>> = {},
): Promise<T> {
	const ends = new AsyncDisposableStack();
	let over: Promise<void> | undefined;
	// A signal makes `use` fail too, and whoever comes second waits for the first.
	const undo = () => (over ??= ends.disposeAsync());
	let told = false;
	const listeners = signals.map((signal) => {
		const end = () => process.exit(exitCodes[signal] ?? 128 + constants.signals[signal]);
		const listener = () => {
			// Whoever is told twice is in a hurry; what has a listener for the end of the process is still done.
			if (told) end();
			told = true;
			void undo().finally(end);
		};
		process.on(signal, listener);
		return () => process.off(signal, listener);
	});
	try {
		return await use(ends);
	} finally {
		await undo();
		for (const remove of listeners) remove();
	}
}
