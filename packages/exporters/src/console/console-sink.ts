import { type FootlightEvent, telemetryFailed } from "@footlight/core";
import { booleanOrAuto, integerFrom, knownOptions, withMethods } from "@footlight/core/option";
import { wantsColors } from "../color-support.ts";
import type { ClosableSink } from "../sinks/closable-sink.ts";
import { SinkClosedError, SinkFullError } from "../sinks/sink-error.ts";
import { type TextStream, writeSafely } from "../write-safely.ts";
import { eventLine } from "./event-line.ts";
import { paintOf } from "./paint.ts";

/** Where and how {@link consoleSink} writes events. */
export interface ConsoleSinkOptions {
	/** Not stdout unless asked: that is where the program's own output goes. @default process.stderr */
	readonly stream?: TextStream;
	/** `"auto"` colours on a terminal; FORCE_COLOR and NO_COLOR are heeded. @default "auto" */
	readonly colors?: boolean | "auto";
	/** Columns of the widest line, at least 40. @default the terminal's width; a file or a pipe has whole lines */
	readonly width?: number;
}

const where = "consoleSink";
const narrowest = 40;
/** A stream that takes no more is not fed on: lines are for people, and may not fill the memory. */
const mostBufferedBytes = 1 << 20;

/** A terminal that somebody has stopped takes nothing: an end must not wait for it. */
const longestCloseMs = 2_000;

/**
 * Writes each event as a line for people: time, name, attributes, with "…" for what a terminal has no room for. Numbers are
 * rounded, to three decimals most often.
 *
 * `close` leaves the stream open. Put a `filterSink` before it where there are many.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example
 * const light = footlight("docs-qa", { sinks: [consoleSink()] });
 * light.run(() => light.current().event("answer.cited", { sources: 3 }));
 */
export function consoleSink(options: ConsoleSinkOptions = {}): ClosableSink {
	knownOptions(where, options, ["stream", "colors", "width"]);
	const { stream = process.stderr, colors: wanted = "auto" } = options;
	withMethods(`${where}: stream`, stream, ["write"]);
	const colors = booleanOrAuto(`${where}: colors`, wanted);
	const width = options.width === undefined ? undefined : integerFrom(`${where}: width`, options.width, narrowest);
	let isClosed = false;
	let dropped = 0;
	/** Whom the latest write tells that it is done: a close waits for it. */
	let latest = Promise.resolve();

	function lineOf(event: FootlightEvent): string {
		const columns = width ?? (stream.isTTY === true ? stream.columns : undefined) ?? Number.POSITIVE_INFINITY;
		const paint = paintOf(colors === "auto" ? wantsColors(stream) : colors);
		return `${eventLine(event, Math.max(narrowest, columns), paint)}\n`;
	}

	function write(event: FootlightEvent): Promise<void> {
		if (isClosed) throw new SinkClosedError(where);
		if ((stream.writableLength ?? 0) > mostBufferedBytes) throw new SinkFullError(where, `${mostBufferedBytes} bytes`);
		const line = lineOf(event);
		const written = new Promise<void>((resolve, reject) => {
			writeSafely(stream, line, reject, resolve);
		});
		latest = written.catch(() => {});
		return written;
	}

	function failed(error: unknown): void {
		dropped++;
		// A warning would go to the very stream that is gone; where Node cannot write one, it may end the process.
		if (stream !== process.stderr) telemetryFailed(where, error);
	}

	return {
		async emit(event) {
			await write(event);
		},
		tryEmit(event) {
			try {
				write(event).catch(failed);
			} catch (error) {
				failed(error);
			}
		},
		async close() {
			isClosed = true;
			await Promise.race([latest, atMost(longestCloseMs)]);
		},
		get dropped() {
			return dropped;
		},
	};
}

function atMost(durationMs: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, durationMs).unref();
	});
}
