import { integerFrom, oneOf, refuse } from "../option.ts";
import { type CircuitBreakerFigures, type CircuitBreakerState, circuitBreakerStates } from "./state.ts";
import type { WindowSnapshot } from "./window.ts";

/** A circuit breaker at one moment, as plain values that JSON keeps. */
export interface CircuitBreakerSnapshot extends CircuitBreakerFigures {
	readonly name: string;
	readonly state: CircuitBreakerState;
	/** When it was taken, in milliseconds since 1970, as all times here. */
	readonly takenAtMs: number;
	/** When the state began. */
	readonly sinceMs: number;
	/** When it lets a probe through; absent unless it is open. */
	readonly halfOpenAtMs?: number;
	/** Probes that have succeeded; 0 unless it is half-open. */
	readonly successes: number;
	/** What it remembers of its calls. */
	readonly window: WindowSnapshot;
}

/** The part of a snapshot that is taken over. */
export type Restorable = Pick<CircuitBreakerSnapshot, "state" | "takenAtMs" | "halfOpenAtMs" | "successes" | "window">;

const where = "circuitBreaker: snapshot";

/** Refuses what no breaker can have been: it may come from a store, from another version, from anywhere. */
export function checkSnapshot(value: unknown): Restorable {
	const snapshot = objectAt(where, value) as Partial<CircuitBreakerSnapshot>;
	const { state, takenAtMs, halfOpenAtMs, successes } = snapshot;
	oneOf(`${where}.state`, state, circuitBreakerStates);
	time(`${where}.takenAtMs`, takenAtMs);
	if (state === "open") time(`${where}.halfOpenAtMs`, halfOpenAtMs);
	integerFrom(`${where}.successes`, successes, 0);
	checkWindow(objectAt(`${where}.window`, snapshot.window));
	return snapshot as Restorable;
}

function checkWindow(window: Readonly<Record<string, unknown>>): void {
	const { failuresInRow, results, slices } = window;
	if (failuresInRow !== undefined) {
		integerFrom(`${where}.window.failuresInRow`, failuresInRow, 0);
	} else if (results !== undefined) {
		if (typeof results !== "string" || !/^[0-3]*$/.test(results)) {
			refuse(TypeError, `${where}.window.results`, "digits from 0 to 3", results);
		}
	} else if (Array.isArray(slices)) {
		for (const [index, slice] of slices.entries()) checkSlice(`${where}.window.slices[${index}]`, slice);
	} else {
		refuse(TypeError, `${where}.window`, "failuresInRow, results or slices", window);
	}
}

function checkSlice(at: string, slice: unknown): void {
	if (!Array.isArray(slice) || slice.length !== 4) refuse(TypeError, at, "an array of 4 numbers", slice);
	const [, calls, failures, slowCalls] = slice.map((count) => integerFrom(at, count, 0)) as [
		number,
		number,
		number,
		number,
	];
	if (failures > calls || slowCalls > calls) refuse(RangeError, at, "of no more failures than calls", slice);
}

function objectAt(at: string, value: unknown): Readonly<Record<string, unknown>> {
	if (typeof value !== "object" || value === null) refuse(TypeError, at, "an object", value);
	return value as Record<string, unknown>;
}

function time(at: string, value: unknown): void {
	if (typeof value !== "number" || !Number.isFinite(value)) refuse(TypeError, at, "milliseconds since 1970", value);
}
