import type { Call } from "../call.ts";
import { deliver } from "../deliver.ts";
import { emitEvent } from "../emit.ts";
import type { EventAttributes } from "../event.ts";
import type { EventName } from "../telemetry/event-catalogue.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import type { CircuitBreakerChange, CircuitBreakerState } from "./state.ts";

type Observer = (change: CircuitBreakerChange) => void;

/** So many changes may follow from one another: an observer that changes the state at every change would never end. */
const mostInOneGo = 100;

/** Observers of a breaker, each known for as long as the layer that brought it. */
export class Observers {
	#known: WeakRef<Observer>[] = [];

	add(observer: Observer): void {
		this.#known = this.#known.filter((reference) => reference.deref() !== undefined);
		if (!this.#known.some((reference) => reference.deref() === observer)) this.#known.push(new WeakRef(observer));
	}

	all(): Observer[] {
		return this.#known.map((reference) => reference.deref()).filter((observer) => observer !== undefined);
	}
}

interface Announcement {
	readonly change: CircuitBreakerChange;
	readonly call: Call;
	readonly observers: Observers;
}

let waiting: Announcement[] | undefined;

/**
 * Tells of a change that is complete: an event on the span of the call that caused it, a line, the observers. Changes that
 * a listener makes meanwhile are told after it, so that all hear of all in the order they happened.
 */
export function announce(announcement: Announcement): void {
	if (waiting !== undefined) {
		if (waiting.length < mostInOneGo) waiting.push(announcement);
		else telemetryFailed("circuitBreaker onStateChange", new Error("it changes the state at every change"));
		return;
	}
	waiting = [announcement];
	try {
		for (const next of waiting) tell(next);
	} finally {
		waiting = undefined;
	}
}

const events: Readonly<Record<CircuitBreakerState, EventName>> = {
	closed: "circuit_breaker.closed",
	open: "circuit_breaker.opened",
	half_open: "circuit_breaker.half_opened",
	forced_open: "circuit_breaker.opened",
	disabled: "circuit_breaker.closed",
};

function tell({ change, call, observers }: Announcement): void {
	const { name, from, to, reason } = change;
	const attributes = attributesOf(change);
	emitEvent(call, events[to], attributes);
	const level = to === "open" || to === "forced_open" ? "warn" : "info";
	call.scope.log[level](`circuit breaker ${name} ${to}, was ${from} (${reason})`, attributes);
	for (const observer of observers.all()) {
		deliver("circuitBreaker onStateChange", observer, () => observer(change));
	}
}

function attributesOf(change: CircuitBreakerChange): EventAttributes {
	const { name, from, to, reason, failures, calls, failureRateRatio, slowCallRateRatio, openMs } = change;
	return {
		"circuit_breaker.name": name,
		"circuit_breaker.state": to,
		"circuit_breaker.from_state": from,
		"circuit_breaker.reason": reason,
		...(failures !== undefined && { "circuit_breaker.failures": failures }),
		...(calls !== undefined && { "circuit_breaker.calls": calls }),
		...(failureRateRatio !== undefined && { "circuit_breaker.failure_rate": failureRateRatio }),
		...(slowCallRateRatio !== undefined && { "circuit_breaker.slow_call_rate": slowCallRateRatio }),
		...(openMs !== undefined && { "circuit_breaker.open_ms": openMs }),
	};
}
