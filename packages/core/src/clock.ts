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

let originMs = performance.timeOrigin;

/** The clock of this machine. */
export const systemClock: Clock = {
	// A span's start must not have millisecond steps while its end has none: a child would seem to outlive its parent.
	now: () => originMs + performance.now(),
	monotonicMs: () => performance.now(),
	sleep(durationMs, signal) {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) {
				reject(signal.reason);
				return;
			}
			const deadlineMs = performance.now() + durationMs;
			let timer: ReturnType<typeof setTimeout>;
			const aborted = () => {
				clearTimeout(timer);
				reject(signal?.reason);
			};
			const wait = () => {
				const leftMs = deadlineMs - performance.now();
				if (leftMs > longestTimerMs) {
					timer = setTimeout(wait, longestTimerMs);
					return;
				}
				timer = setTimeout(() => {
					signal?.removeEventListener("abort", aborted);
					resolve();
				}, leftMs);
			};
			signal?.addEventListener("abort", aborted, { once: true });
			wait();
		});
	},
};

/** Takes over a change of the wall clock (a sleeping laptop, a step of the time service); called where a trace begins. */
export function followWallClock(): void {
	const wallMs = Date.now();
	if (Math.abs(wallMs - systemClock.now()) > largestDriftMs) originMs = wallMs - performance.now();
}
