import type { Clock } from "../clock.ts";
import { show } from "../option.ts";

/** A clock for tests: time stands still until it is told to move. */
export interface ManualClock extends Clock {
	/** Sleeps that wait for time to move. */
	readonly pendingSleeps: number;
	/**
	 * Moves time on, waking each sleeper in the order it is due; what a sleeper does next is done before the following
	 * one wakes, so that a sleep it begins within the same span of time is woken too.
	 */
	advance(durationMs: number): Promise<void>;
}

interface Sleeper {
	readonly dueMs: number;
	wake(): void;
}

// 2026-01-01. SDKs take a small number for a reading of `performance.now()`, so a clock must not begin near zero.
const defaultStartMs = 1_767_225_600_000;

/**
 * Makes a clock that moves only by `advance`, for `footlight(name, { clock })`.
 *
 * **Throws** RangeError for a start or a duration that is no finite number.
 *
 * @example
 * const clock = manualClock();
 * const slept = clock.sleep(60_000);
 * await clock.advance(60_000);
 * await slept;
 */
export function manualClock(startMs: number = defaultStartMs): ManualClock {
	if (!Number.isFinite(startMs))
		throw new RangeError(`manualClock: startMs must be a finite number, got ${show(startMs)}`);
	const sleepers = new Set<Sleeper>();
	let elapsedMs = 0;
	let advanced = Promise.resolve();

	async function moveBy(durationMs: number): Promise<void> {
		const untilMs = elapsedMs + durationMs;
		await settled();
		for (let next = earliest(sleepers, untilMs); next !== undefined; next = earliest(sleepers, untilMs)) {
			elapsedMs = Math.max(elapsedMs, next.dueMs);
			next.wake();
			await settled();
		}
		elapsedMs = untilMs;
	}

	return {
		now: () => startMs + elapsedMs,
		monotonicMs: () => elapsedMs,
		get pendingSleeps() {
			return sleepers.size;
		},
		sleep(durationMs, signal) {
			return new Promise((resolve, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				if (!(durationMs > 0)) return resolve();
				const aborted = () => {
					sleepers.delete(sleeper);
					reject(signal?.reason);
				};
				const sleeper: Sleeper = {
					dueMs: elapsedMs + durationMs,
					wake() {
						sleepers.delete(sleeper);
						signal?.removeEventListener("abort", aborted);
						resolve();
					},
				};
				sleepers.add(sleeper);
				signal?.addEventListener("abort", aborted, { once: true });
			});
		},
		advance(durationMs) {
			if (!Number.isFinite(durationMs) || durationMs < 0) {
				throw new RangeError(`advance: durationMs must be a number of at least 0, got ${show(durationMs)}`);
			}
			advanced = advanced.then(() => moveBy(durationMs));
			return advanced;
		},
	};
}

/** The sleeper due first; of several due together, the one that lay down first. */
function earliest(sleepers: ReadonlySet<Sleeper>, untilMs: number): Sleeper | undefined {
	let found: Sleeper | undefined;
	for (const sleeper of sleepers) {
		if (sleeper.dueMs <= untilMs && (found === undefined || sleeper.dueMs < found.dueMs)) found = sleeper;
	}
	return found;
}

/** Lets every promise reaction run that can; a message is a task of its own and no fake timer holds it up. */
function settled(): Promise<void> {
	const { port1, port2 } = new MessageChannel();
	return new Promise((resolve) => {
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(undefined);
	});
}
