import { followAsyncIterable } from "./async-iterable.ts";
import { handOver, overhear } from "./overhear.ts";
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

/** Watches such a stream, changed in place: what it emits tells how it goes, whoever listens or iterates. */
export function followEventStream(stream: EventStream, watcher: ResultWatcher): object {
	const heard = { items: false };
	const outward = followAsyncIterable(stream, watcher, {
		// It reads on by itself, so it cannot be left lying; an iterator of it gives what was counted as an event.
		inUse: () => true,
		counted: () => heard.items,
		hook: (audience) =>
			overhear(stream, typeof stream._emit === "function" ? "_emit" : "emit", audience, (event, value) => {
				const { present } = audience;
				if (!present.ended) hear(event, value, present, heard);
			}),
	});
	handOver(stream);
	return outward;
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
