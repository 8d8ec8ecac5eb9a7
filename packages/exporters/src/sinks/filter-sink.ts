import type { EventSink, FootlightEvent } from "@footlight/core";
import { knownOptions, refuse, show, withMethods } from "@footlight/core/option";
import { ignoreRejection, isThenable } from "@footlight/core/telemetry";
import type { ClosableSink } from "./closable-sink.ts";
import { passingSink } from "./passing-sink.ts";

/** A name of events, `*` standing for any characters (`retry.*`), or a regular expression. */
export type EventPattern = string | RegExp;

/** Which events pass: those that `include` names, all where it is left out, but none that `exclude` names. */
export interface EventFilter {
	/** @default every event */
	readonly include?: readonly EventPattern[];
	/** Wins over `include`. @default none */
	readonly exclude?: readonly EventPattern[];
}

/**
 * Hands on only the events that pass: by name, or by a function of the event.
 *
 * `emit` of one that does not pass resolves, since nothing was to be kept. Where the function throws, or answers neither
 * true nor false (one that is async does), the event does not pass: `emit` rejects, `tryEmit` counts it. `close` closes the sink behind it.
 *
 * **Throws** TypeError, when it is made, for a sink or a filter it cannot take.
 *
 * @example
 * const retries = memorySink();
 * const light = footlight("docs-qa", { sinks: [filterSink(retries, { include: ["retry.*"] })] });
 * light.run(() => light.current().event("answer.cited"));
 * retries.events.length; // => 0
 */
export function filterSink(sink: EventSink, filter: EventFilter | ((event: FootlightEvent) => boolean)): ClosableSink {
	const where = "filterSink";
	withMethods(`${where}: sink`, sink, ["emit", "tryEmit"]);
	const passes: (event: FootlightEvent) => unknown = typeof filter === "function" ? filter : byName(where, filter);
	return passingSink(where, sink, (event) => {
		const answer = passes(event);
		if (typeof answer === "boolean") return answer ? event : undefined;
		// One written as an async function may reject, too.
		if (isThenable(answer)) ignoreRejection(answer);
		throw new TypeError(`${where}: filter must answer true or false, got ${show(answer)}`);
	});
}

function byName(where: string, filter: EventFilter): (event: FootlightEvent) => boolean {
	if (filter === undefined) refuse(TypeError, `${where}: filter`, "a function, or { include, exclude }", filter);
	knownOptions(where, filter, ["include", "exclude"]);
	const include = filter.include === undefined ? undefined : patternsOf(`${where}: include`, filter.include);
	const exclude = filter.exclude === undefined ? [] : patternsOf(`${where}: exclude`, filter.exclude);
	return ({ name }) => {
		const matches = (pattern: RegExp) => pattern.test(String(name));
		return (include === undefined || include.some(matches)) && !exclude.some(matches);
	};
}

function patternsOf(where: string, patterns: readonly EventPattern[]): readonly RegExp[] {
	if (!Array.isArray(patterns)) refuse(TypeError, where, "an array of names or regular expressions", patterns);
	return patterns.map((pattern, index) => {
		// Without g and y, by which an expression remembers where it was.
		if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
		if (typeof pattern !== "string") refuse(TypeError, `${where}[${index}]`, "a name or a regular expression", pattern);
		const pieces = pattern.split(/\*+/).map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
		return new RegExp(`^${pieces.join(".*")}$`, "s");
	});
}
