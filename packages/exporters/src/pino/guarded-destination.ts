import type { DestinationStream, Logger } from "pino";
import { type TextStream, writeSafely } from "../write-safely.ts";
import type { Prettify } from "./pretty.ts";

const metadata: unique symbol = Symbol.for("pino.metadata") as never;

/** What pino puts on a destination that asks for it, just before each line. */
export interface LineContext {
	lastLevel?: number;
	lastTime?: string;
	lastMsg?: string;
	lastObj?: object;
	lastLogger?: Logger;
}

/** What a logger's destination may be able to do. */
export interface Destination extends DestinationStream, LineContext {
	flush?(done?: (error?: Error) => void): void;
	flushSync?(): void;
	end?(): void;
	on?(event: "error", listener: (error: unknown) => void): unknown;
	readonly [metadata]?: boolean;
}

/** What happens to a line on its way out. */
export interface LineStations {
	readonly redact?: ((line: string) => string) | undefined;
	readonly prettify?: Prettify | undefined;
	/** Hears each line as it was written, before it was made pretty. */
	readonly onLine?: ((line: string, context: LineContext) => void) | undefined;
	readonly failed: (error: unknown) => void;
}

/** Passes lines on to a destination, and to one more listener; neither can fail the other, or the caller. */
export function guardedDestination(
	target: Destination,
	{ redact, prettify, onLine, failed }: LineStations,
): Destination {
	const isStandard = [process.stdout, process.stderr].includes(target as never);
	// The process's own streams are not ours to listen on for good: the application writes to them as well.
	if (!isStandard) target.on?.("error", failed);

	function quietly(work: () => void): void {
		try {
			work();
		} catch (error) {
			failed(error);
		}
	}

	return {
		[metadata]: true,
		write(given) {
			const line = redact === undefined ? given : redact(given);
			quietly(() => {
				if (target[metadata] === true) {
					const { lastLevel, lastTime, lastMsg, lastObj, lastLogger } = this;
					Object.assign(target, { lastLevel, lastTime, lastMsg, lastObj, lastLogger });
				}
				const text = prettify === undefined ? line : prettify(line);
				if (text === undefined) return;
				if (isStandard) writeSafely(target as TextStream, text, failed);
				else target.write(text);
			});
			if (onLine !== undefined) quietly(() => onLine(line, this));
		},
		flush(done) {
			if (typeof target.flush === "function") quietly(() => target.flush?.(done));
			else done?.();
		},
		flushSync() {
			quietly(() => target.flushSync?.());
		},
		end() {
			quietly(() => target.end?.());
		},
	};
}

interface MultiStream {
	readonly streams?: readonly { readonly stream?: object }[];
}

/** True where `@opentelemetry/instrumentation-pino` has put its own log sending behind a logger. */
export function alreadySends(destination: object): boolean {
	const { streams } = destination as MultiStream;
	return Array.isArray(streams) && streams.some(({ stream }) => stream?.constructor.name === "OTelPinoStream");
}
