import type { Attributes } from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { activeContext, scopeOf } from "./context.ts";
import { deliver } from "./deliver.ts";
import { emitDetachedEvent, emitEvent } from "./emit.ts";
import type { EventAttributes } from "./event.ts";
import type { EventName } from "./telemetry/event-catalogue.ts";
import { findInstruments, type Instruments } from "./telemetry/instruments.ts";

/** Names of the events of queues and buffers. */
export type StreamEventName = Extract<EventName, `stream.${string}`>;

/** Hears the events of one queue or buffer, with what they say. */
export type StreamEventListener = (name: StreamEventName, attributes: EventAttributes) => void;

/**
 * Where a queue or a buffer says what happens to it: to the call it was made in, whoever uses it; one made outside of any
 * call tells the registered providers.
 */
export class StreamReporter {
	readonly clock: Clock;
	/** What its metrics are told apart by. */
	readonly labels: Attributes;
	readonly #name: string;
	readonly #call: Call | undefined;
	readonly #listener: StreamEventListener | undefined;

	constructor(name: string, listener: StreamEventListener | undefined, clock?: Clock) {
		this.#name = name;
		this.#listener = listener;
		this.#call = scopeOf(activeContext())?.call;
		this.clock = clock ?? this.#call?.clock ?? systemClock;
		const definition = this.#call?.definition;
		this.labels = Object.freeze({
			...(definition !== undefined && { "pipeline.name": definition.pipeline.name }),
			...(definition !== undefined && definition.kind !== "run" && { "stage.name": definition.name }),
			"stream.name": name,
		});
	}

	/** Instruments for its metrics, once there is a provider. */
	get instruments(): Instruments | undefined {
		return this.#call === undefined ? findInstruments(undefined) : this.#call.definition.pipeline.instruments;
	}

	/** @param give - what the event says besides the name of the stream; built only if anybody may listen */
	emit(name: StreamEventName, give: () => EventAttributes): void {
		const call = this.#call;
		const listener = this.#listener;
		const said = () => ({ "stream.name": this.#name, ...give() });
		if (listener !== undefined) deliver("stream listener", listener, () => listener(name, said()));
		if (call === undefined) emitDetachedEvent(this.clock, name, said);
		else emitEvent(call, name, said);
	}
}
