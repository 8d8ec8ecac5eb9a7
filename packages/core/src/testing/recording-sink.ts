import type { EventSink, FootlightEvent } from "../event.ts";
import { oneOf } from "../option.ts";

/** A sink that keeps what it is given, in order. */
export interface RecordingSink extends EventSink {
	readonly events: readonly FootlightEvent[];
	/** Names of the events, in order. */
	readonly names: readonly string[];
	clear(): void;
}

/**
 * Makes a sink that keeps every event, for `footlight(name, { sinks })`.
 *
 * @example
 * const sink = recordingSink();
 * const light = footlight("docs-qa", { sinks: [sink] });
 * light.run(() => light.current().event("answer.cited", { sources: 3 }));
 * console.log(sink.names); // [ "answer.cited" ]
 */
export function recordingSink(): RecordingSink {
	const events: FootlightEvent[] = [];
	return {
		events,
		get names() {
			return events.map((event) => event.name);
		},
		clear() {
			events.length = 0;
		},
		async emit(event) {
			events.push(event);
		},
		tryEmit(event) {
			events.push(event);
		},
	};
}

const failures = ["throws", "rejects", "hangs"] as const;

/** What a {@link failingSink} does with an event. */
export type SinkFailure = (typeof failures)[number];

/**
 * Makes a sink that breaks its promise: it throws, rejects, or never answers.
 *
 * @example
 * const light = footlight("docs-qa", { sinks: [failingSink("rejects")] }); // and the results stay what they were
 */
export function failingSink(failure: SinkFailure): EventSink {
	oneOf("failingSink: failure", failure, failures);
	const fail = (): Promise<void> => {
		if (failure === "throws") throw new Error("the sink throws");
		return failure === "rejects" ? Promise.reject(new Error("the sink rejects")) : new Promise(() => {});
	};
	return { emit: fail, tryEmit: fail };
}
