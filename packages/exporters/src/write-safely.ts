/** What the exporters need of a stream: any Node stream has it. */
export interface TextStream {
	write(text: string, callback?: (error?: Error | null) => void): unknown;
	readonly isTTY?: boolean | undefined;
	readonly columns?: number | undefined;
	readonly writableLength?: number | undefined;
}

interface ErrorEmitter {
	on(event: "error", listener: () => void): unknown;
	off(event: "error", listener: () => void): unknown;
}

/**
 * Writes without letting anything out: neither a throw, nor the `error` event that this very write causes.
 *
 * A lasting `error` listener would be simpler, but on the process's own streams it would also silence errors of the
 * application's writes. A write calls back just before its stream emits, so a listener for that moment is enough.
 */
export function writeSafely(
	stream: TextStream,
	text: string,
	failed: (error: unknown) => void,
	done?: () => void,
): void {
	try {
		stream.write(text, (error) => {
			if (error === null || error === undefined) return done?.();
			failed(error);
			const emitter = stream as Partial<ErrorEmitter>;
			const swallow = (): void => {};
			emitter.on?.("error", swallow);
			setImmediate(() => emitter.off?.("error", swallow)).unref();
		});
	} catch (error) {
		failed(error);
	}
}
