import { isMainThread } from "node:worker_threads";

export interface ExitHookOptions {
	/** Ends what would stay open; called before every flush. */
	readonly endStreams: () => void;
	/** Sends what is left, within the deadline; may take turns of the event loop. */
	readonly flush: () => Promise<{ readonly timedOut: boolean }>;
	/** Sends what is left before it returns; for an exit that cannot be held up. */
	readonly flushNow: () => void;
	/** True when something has come in since the last flush. */
	readonly takeNews: () => boolean;
}

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * Flushes before the process ends, and lets it end as it would have without: same code, same signal, same words on
 * stderr. Returns a function that takes the hooks away.
 *
 * - An empty event loop (`beforeExit`): flushes, then the process ends by itself.
 * - SIGTERM and SIGINT, where nobody else listens: flushes, then raises the signal again, now unhandled. The same
 *   signal a second time kills at once. Where somebody else listens, ending is theirs; what they leave is flushed below.
 * - `exit`, which uncaught errors, unhandled rejections and `process.exit()` lead to: sends from a worker thread while
 *   this one waits. Nothing is caught, so Node reports the error exactly as ever.
 */
export function hookExit({ endStreams, flush, flushNow, takeNews }: ExitHookOptions): () => void {
	let flushing = false;

	const onBeforeExit = () => {
		if (flushing) return;
		endStreams();
		if (!takeNews()) return;
		flushing = true;
		void flush().then(({ timedOut }) => {
			flushing = false;
			// The event loop was empty: what keeps the process alive now is the export that took too long.
			if (timedOut && process.listenerCount("beforeExit") === 1) process.exit();
		});
	};

	const onExit = () => {
		endStreams();
		flushNow();
	};

	const onSignal = (signal: NodeJS.Signals) => {
		if (process.listenerCount(signal) - listenersOfSignalExit() > 1) return;
		if (flushing) return raise(signal);
		flushing = true;
		endStreams();
		void flush().then(() => raise(signal));
	};

	const raise = (signal: NodeJS.Signals) => {
		unhook();
		process.kill(process.pid, signal);
	};

	const unhook = () => {
		process.off("beforeExit", onBeforeExit);
		process.off("exit", onExit);
		for (const signal of signals) process.off(signal, onSignal);
	};

	process.on("beforeExit", onBeforeExit);
	process.on("exit", onExit);
	// Signals reach the main thread only. First in line: a listener that listens once is still there to be counted.
	if (isMainThread) for (const signal of signals) process.prependListener(signal, onSignal);
	return unhook;
}

/**
 * The listeners of the `signal-exit` package, found below many libraries: it raises the signal itself, but only when
 * nobody else listens. Were it counted as somebody, each would wait for the other and the process would live on.
 */
function listenersOfSignalExit(): number {
	const emitters: unknown[] = [
		(globalThis as Record<symbol, unknown>)[Symbol.for("signal-exit emitter")],
		(process as unknown as Record<string, unknown>).__signal_exit_emitter__,
	];
	let count = 0;
	for (const emitter of emitters) count += Number((emitter as { count?: unknown } | undefined)?.count ?? 0);
	return count;
}
