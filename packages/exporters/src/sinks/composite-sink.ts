import { type EventSink, TimeoutError, telemetryFailed } from "@footlight/core";
import { knownOptions, listWithMethods, milliseconds, refuse, withMethods } from "@footlight/core/option";
import { type ClosableSink, closeOf } from "./closable-sink.ts";
import { hearRejection } from "./passing-sink.ts";
import { SinkClosedError } from "./sink-error.ts";

export interface CompositeSinkOptions {
	/** How long `emit` and `close` wait for each of the sinks. @default 30000 */
	readonly timeoutMs?: number;
}

/** The sinks, in a list or by names that its errors tell. */
export type CompositeSinkMembers = readonly EventSink[] | Readonly<Record<string, EventSink>>;

interface Member {
	readonly name: string;
	readonly sink: EventSink;
}

const where = "compositeSink";

/**
 * Gives every event to several sinks, none of which can fail another: not one that throws, rejects, or never answers.
 *
 * `emit` resolves when all have kept the event, and rejects with an AggregateError that names those that have not; the
 * others have it then. To deliver it again to one, and not to all, give that one a buffered exporter of its own.
 * `dropped` counts what `tryEmit` could not give to a sink, for each of them. `close` closes every sink.
 *
 * **Throws** TypeError or RangeError, when it is made, for sinks or options it cannot take.
 *
 * @example
 * const latest = memorySink();
 * const both = compositeSink({ latest, console: consoleSink() });
 * await both.emit({ name: "answer.cited", timeMs: Date.now(), attributes: { sources: 3 } });
 * latest.events.length; // => 1
 */
export function compositeSink(sinks: CompositeSinkMembers, options: CompositeSinkOptions = {}): ClosableSink {
	knownOptions(where, options, ["timeoutMs"]);
	const { timeoutMs: limitMs = 30_000 } = options;
	const timeoutMs = milliseconds(`${where}: timeoutMs`, limitMs);
	const members = checkedMembers(sinks);
	let closing: Promise<void> | undefined;
	let dropped = 0;

	function failed(error: unknown): void {
		dropped++;
		telemetryFailed(where, error);
	}

	/** All at once, each on its own. */
	async function all(what: string, act: (sink: EventSink) => Promise<unknown>): Promise<void> {
		const results = await Promise.allSettled(members.map(({ name, sink }) => inTime(`sink ${name}`, () => act(sink))));
		const reasons = results.flatMap((result, index) =>
			result.status === "fulfilled" ? [] : [{ name: members[index]?.name, error: result.reason as unknown }],
		);
		if (reasons.length === 0) return;
		const named = reasons.map(({ name, error }) => `${name} (${messageOf(error)})`).join(", ");
		throw new AggregateError(
			reasons.map(({ error }) => error),
			`${where}: ${reasons.length} of ${members.length} sinks failed to ${what}: ${named}`,
		);
	}

	function inTime(name: string, act: () => Promise<unknown>): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new TimeoutError(name, timeoutMs)), timeoutMs);
			const over = (settle: () => void) => () => {
				clearTimeout(timer);
				settle();
			};
			try {
				Promise.resolve(act()).then(over(resolve), (error) => over(() => reject(error))());
			} catch (error) {
				over(() => reject(error))();
			}
		});
	}

	return {
		async emit(event) {
			if (closing !== undefined) throw new SinkClosedError(where);
			await all("keep an event", (sink) => sink.emit(event));
		},
		tryEmit(event) {
			if (closing !== undefined) {
				failed(new SinkClosedError(where));
				return;
			}
			for (const { sink } of members) {
				try {
					hearRejection(sink.tryEmit(event), failed);
				} catch (error) {
					failed(error);
				}
			}
		},
		close() {
			closing ??= all("close", closeOf);
			return closing;
		},
		get dropped() {
			return dropped;
		},
	};
}

function messageOf(error: unknown): string {
	try {
		return error instanceof Error ? error.message : String(error);
	} catch {
		return "an error that cannot be shown";
	}
}

function checkedMembers(sinks: CompositeSinkMembers): readonly Member[] {
	if (typeof sinks !== "object" || sinks === null)
		refuse(TypeError, `${where}: sinks`, "sinks in an array or by names", sinks);
	// Its `emit` would tell that an event is kept that nobody has.
	if (Object.keys(sinks).length === 0) refuse(RangeError, `${where}: sinks`, "at least one sink", sinks);
	if (Array.isArray(sinks)) {
		listWithMethods(`${where}: sinks`, sinks, ["emit", "tryEmit"]);
		return sinks.map((sink: EventSink, index) => ({ name: String(index), sink }));
	}
	return Object.entries(sinks as Readonly<Record<string, EventSink>>).map(([name, sink]) => {
		withMethods(`${where}: sinks.${name}`, sink, ["emit", "tryEmit"]);
		return { name, sink };
	});
}
