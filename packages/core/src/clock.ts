import { telemetryFailed } from "./telemetry-failure.ts";

/** Time as a service: the one place that reads it, so that tests may hold it still. */
export interface Clock {
	/** Wall-clock time in milliseconds since 1970, with a fraction. Never runs backwards between two calls close together. */
	now(): number;
	/** Milliseconds from an arbitrary origin, unaffected by changes of the wall clock. */
	monotonicMs(): number;
	/** Resolves after `durationMs`, or rejects with the signal's reason when `signal` aborts first. */
	sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

// setTimeout takes a 32-bit delay and fires at once beyond it.
const longestTimerMs = 2 ** 31 - 1;
const largestDriftMs = 1_000;

// The global is a getter; looked up once, a reading costs a third less.
const timer = globalThis.performance;
let originMs = timer.timeOrigin;

/** The clock of this machine. */
export const systemClock: Clock = {
	// A span's start must not have millisecond steps while its end has none: a child would seem to outlive its parent.
	now: () => originMs + timer.now(),
	monotonicMs: () => timer.now(),
	sleep(durationMs, signal) {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) {
				reject(signal.reason);
				return;
			}
			const deadlineMs = timer.now() + durationMs;
			let timeout: ReturnType<typeof setTimeout>;
			const aborted = () => {
				clearTimeout(timeout);
				reject(signal?.reason);
			};
			const wait = () => {
				const leftMs = deadlineMs - timer.now();
				if (leftMs > 0) {
					// A timer has whole milliseconds and may fire a little early.
					timeout = setTimeout(wait, Math.min(Math.ceil(leftMs), longestTimerMs));
					return;
				}
				signal?.removeEventListener("abort", aborted);
				resolve();
			};
			signal?.addEventListener("abort", aborted, { once: true });
			wait();
		});
	},
};

/** Lets timers, signals and other requests have their turn, where many steps follow each other without waiting. */
export function nextTurn(): Promise<void> {
	// In a browser there is no setImmediate; elsewhere it does not wait for the next millisecond.
	const { setImmediate: immediately = setTimeout } = globalThis;
	return new Promise((resolve) => void immediately(resolve));
}

/** The time by a clock that may be the user's own: where that throws, the machine's. */
export function readNow(clock: Clock): number {
	try {
		return clock.now();
	} catch (error) {
		telemetryFailed("clock", error);
		return systemClock.now();
	}
}

/** The wall-clock time at a reading of `monotonicMs()` made just now: of the machine's clock without another look. */
export function wallTimeAt(clock: Clock, monotonicMs: number): number {
	return clock === systemClock ? originMs + monotonicMs : readNow(clock);
}

/** Takes over a change of the wall clock (a sleeping laptop, a step of the time service); called where a trace begins. */
export function followWallClock(): void {
	const wallMs = Date.now();
	if (Math.abs(wallMs - systemClock.now()) > largestDriftMs) originMs = wallMs - timer.now();
}

/** Something that fires once, unless it is cancelled before. */
export interface Alarm {
	cancel(): void;
	/** Whether the process stays alive for it, where its clock can tell; a new one keeps it alive. */
	keepsAlive(keeps: boolean): void;
}

interface Timer {
	ref?(): unknown;
	unref?(): unknown;
}

/** Calls `fire` after a time of at most 2^31-1 ms: cheaper than `clock.sleep`, where nobody awaits it. */
export function setAlarm(clock: Clock, afterMs: number, fire: () => void): Alarm {
	return clock === systemClock ? ofPlatform(afterMs, fire) : ofClock(clock, afterMs, fire);
}

function ofPlatform(afterMs: number, fire: () => void): Alarm {
	const timer = setTimeout(fire, Math.ceil(afterMs));
	return {
		cancel: () => clearTimeout(timer),
		keepsAlive(keeps) {
			const { ref, unref } = timer as Timer;
			(keeps ? ref : unref)?.call(timer);
		},
	};
}

function ofClock(clock: Clock, afterMs: number, fire: () => void): Alarm {
	const cancelled = new AbortController();
	let isOver = false;
	const over = () => {
		if (isOver) return;
		isOver = true;
		fire();
	};
	try {
		clock.sleep(afterMs, cancelled.signal).then(over, (error) => {
			if (!isOver) telemetryFailed("clock", error);
		});
	} catch (error) {
		telemetryFailed("clock", error);
	}
	return {
		cancel() {
			if (isOver) return;
			isOver = true;
			cancelled.abort();
		},
		keepsAlive() {},
	};
}
