import { followAsyncIterable } from "./async-iterable.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

type Emit = (event: string, ...values: unknown[]) => unknown;

/** A client's stream that can be iterated or listened to: `chat.completions.stream()`, `messages.stream()`, readline. */
interface EventStream extends AsyncIterable<unknown> {
	on(event: string, listener: (...values: unknown[]) => void): unknown;
	emit?: Emit;
	_emit?: Emit;
}

/** Events that carry one item each: of OpenAI's and Anthropic's streams, and of readline. */
const itemEvents = new Set(["chunk", "event", "streamEvent", "line"]);

export function isEventStream(value: object): value is EventStream {
	const { on, emit, _emit } = value as Partial<EventStream>;
	return typeof on === "function" && (typeof _emit === "function" || typeof emit === "function");
}

/**
 * Watches such a stream without listening to it: it may take a listener for `error` or `abort` to mean that somebody
 * handles the failure. Like an iterated one it is changed in place; what it emits tells how it goes, whoever listens.
 */
export function followEventStream(stream: EventStream, watcher: ResultWatcher): object {
	const name = typeof stream._emit === "function" ? "_emit" : "emit";
	const emit = stream[name] as Emit;
	const heard = { items: false };
	patchMethod(stream, name, (event: string, ...values: unknown[]) => {
		if (!watcher.ended) hear(event, values[0], watcher, heard);
		return Reflect.apply(emit, stream, [event, ...values]);
	});
	// It reads on by itself, so it cannot be left lying; an iterator of it gives what was counted as an event.
	return followAsyncIterable(stream, watcher, { inUse: () => true, counted: () => heard.items });
}

function hear(event: string, value: unknown, watcher: ResultWatcher, heard: { items: boolean }): void {
	switch (event) {
		case "error":
			watcher.failed(value);
			break;
		case "abort":
			watcher.cancelled();
			break;
		case "end":
		case "close":
			watcher.settled();
			break;
		default:
			if (!itemEvents.has(event)) return;
			heard.items = true;
			watcher.item(value);
	}
}
