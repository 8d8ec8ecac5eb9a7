import { telemetryFailed } from "@footlight/core";
import { booleanOrAuto, integerFrom, knownOptions, positiveInteger, withMethods } from "@footlight/core/option";
import { wantsColors } from "./color-support.ts";
import { plural } from "./console/quantity.ts";
import { type RenderOptions, renderRun } from "./console/render-run.ts";
import type { ConsoleSpan, SpanIdentity } from "./console/span.ts";
import { type Collected, spanCollector } from "./console/span-collector.ts";
import { type TextStream, writeSafely } from "./write-safely.ts";

/** Where and how {@link consoleExporter} draws runs. */
export interface ConsoleExporterOptions {
	/** Where trees go. Not to stdout unless asked: that is where the program's own output goes. @default process.stderr */
	readonly stream?: TextStream;
	/** `"auto"` colours on a terminal; FORCE_COLOR and NO_COLOR are heeded. @default "auto" */
	readonly colors?: boolean | "auto";
	/** Columns of the widest line, at least 40. @default the terminal's width, else 100 */
	readonly width?: number;
	/** Most rows of one tree: beyond it alike siblings are shown as one, and what is left out is counted. @default 40 */
	readonly maxRows?: number;
	/** Spans kept for runs that have not finished; beyond it the oldest run is dropped, counted, and said. @default 10000 */
	readonly maxPendingSpans?: number;
}

/** A span processor for SDK 2 and SDK 3, typed by structure. */
export interface ConsoleExporter {
	onStart(span: ConsoleSpan, parentContext?: unknown): void;
	onEnd(span: ConsoleSpan): void;
	/** Draws runs that have ended but wait for a span below them. */
	forceFlush(): Promise<void>;
	/** Draws all that is left, unfinished runs included, and stops. */
	shutdown(): Promise<void>;
	/** Spans that were never drawn: dropped with their unfinished run, or refused by the stream. */
	readonly droppedSpans: number;
}

const optionNames = ["stream", "colors", "width", "maxRows", "maxPendingSpans"];
const narrowest = 40;
const pipeWidth = 100;
/** A stream that takes no more is not fed on: trees are for people, and may not fill the memory. */
const mostBufferedBytes = 1 << 20;

/**
 * Draws a tree of each finished run: stages as rows, times as bars, attempts, tokens, cost and errors.
 *
 * A run is drawn once its span and every span below it has ended, at the latest on flush; a stage called outside a
 * run is drawn as a small tree of its own. It never throws into the program, and keeps no timer.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example new NodeSDK({ spanProcessors: [consoleExporter()] }).start();
 */
export function consoleExporter(options: ConsoleExporterOptions = {}): ConsoleExporter {
	const { stream, colors, width, maxRows, maxPendingSpans } = checked(options);
	const collector = spanCollector(maxPendingSpans, draw);
	let refused = 0;
	let said = 0;
	let stopped = false;

	function draw({ spans, missing }: Collected): void {
		try {
			write(`${renderRun(spans, { ...look(), maxRows, missing, nowMs: Date.now() })}\n`, spans.length);
		} catch (error) {
			refused += spans.length;
			failed(error);
		}
		sayDropped();
	}

	function look(): RenderOptions {
		const columns = width ?? (stream.isTTY === true ? stream.columns : undefined) ?? pipeWidth;
		return { width: Math.max(narrowest, columns), colors: colors === "auto" ? wantsColors(stream) : colors };
	}

	function write(text: string, spans: number): void {
		if ((stream.writableLength ?? 0) > mostBufferedBytes) {
			refused += spans;
			return;
		}
		writeSafely(stream, text, (error) => {
			refused += spans;
			// A warning would go to the very stream that is gone; where Node cannot write one, it may end the process.
			if (stream !== process.stderr) failed(error);
		});
	}

	function sayDropped(): void {
		const news = collector.dropped - said;
		if (news === 0) return;
		said = collector.dropped;
		write(`⋯ ${plural(news, "span")} of unfinished runs dropped (maxPendingSpans is ${maxPendingSpans})\n\n`, 0);
	}

	function quietly(work: () => void): void {
		if (stopped) return;
		try {
			work();
		} catch (error) {
			failed(error);
		}
	}

	return {
		onStart(span) {
			quietly(() => collector.started(span));
		},
		onEnd(span) {
			quietly(() => collector.ended(span));
		},
		async forceFlush() {
			quietly(() => {
				collector.flush("ended");
				sayDropped();
			});
		},
		async shutdown() {
			quietly(() => {
				collector.flush("all");
				sayDropped();
			});
			stopped = true;
		},
		get droppedSpans() {
			return collector.dropped + refused;
		},
	};
}

function failed(error: unknown): void {
	telemetryFailed("consoleExporter", error);
}

function checked(options: ConsoleExporterOptions) {
	const where = "consoleExporter";
	knownOptions(where, options, optionNames);
	const { stream = process.stderr, colors = "auto", width, maxRows = 40, maxPendingSpans = 10_000 } = options;
	withMethods(`${where}: stream`, stream, ["write"]);
	return {
		stream: stream as TextStream,
		colors: booleanOrAuto(`${where}: colors`, colors),
		width: width === undefined ? undefined : integerFrom(`${where}: width`, width, narrowest),
		maxRows: positiveInteger(`${where}: maxRows`, maxRows),
		maxPendingSpans: positiveInteger(`${where}: maxPendingSpans`, maxPendingSpans),
	};
}

export { type ConsoleSinkOptions, consoleSink } from "./console/console-sink.ts";
export type { ConsoleSpan, RenderOptions, SpanIdentity, TextStream };
export { renderRun };
