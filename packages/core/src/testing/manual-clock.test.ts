import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { manualClock } from "./index.ts";

describe("manualClock", () => {
	it("stands still until it is advanced", async () => {
		const clock = manualClock(1_000_000);
		expect([clock.now(), clock.monotonicMs()]).toEqual([1_000_000, 0]);
		await clock.advance(1_500);
		expect([clock.now(), clock.monotonicMs()]).toEqual([1_001_500, 1_500]);
	});

	it("wakes sleepers in the order they are due, each at its own time", async () => {
		const clock = manualClock(0);
		const log: string[] = [];
		for (const ms of [300, 100, 200, 100]) clock.sleep(ms).then(() => log.push(`${ms} at ${clock.now()}`));
		expect(clock.pendingSleeps).toBe(4);
		await clock.advance(250);
		expect(log).toEqual(["100 at 100", "100 at 100", "200 at 200"]);
		expect(clock.pendingSleeps).toBe(1);
		await clock.advance(50);
		expect(log.at(-1)).toBe("300 at 300");
	});

	it("wakes a sleep that a woken one began within the same advance", async () => {
		const clock = manualClock(0);
		const log: number[] = [];
		const loop = (async () => {
			for (let times = 0; times < 5; times++) {
				await clock.sleep(10);
				await null;
				log.push(clock.now());
			}
		})();
		await clock.advance(1_000);
		await loop;
		expect(log).toEqual([10, 20, 30, 40, 50]);
		expect(clock.now()).toBe(1_000);
	});

	it("rejects a sleep with the signal's reason and forgets it", async () => {
		const clock = manualClock();
		const aborting = new AbortController();
		const reason = new Error("given up");
		const slept = clock.sleep(10, aborting.signal);
		const later = clock.sleep(10, AbortSignal.abort(reason));
		aborting.abort(reason);
		await expect(slept).rejects.toBe(reason);
		await expect(later).rejects.toBe(reason);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("leaves no listener on a signal when a sleeper wakes", async () => {
		const clock = manualClock();
		const { signal } = new AbortController();
		const slept = clock.sleep(10, signal);
		expect(getEventListeners(signal, "abort")).toHaveLength(1);
		await clock.advance(10);
		await slept;
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	it("does not wait for a sleep of no length", async () => {
		await manualClock().sleep(0);
		await manualClock().sleep(-5);
	});

	it("takes one advance after the other", async () => {
		const clock = manualClock(0);
		await Promise.all([clock.advance(10), clock.advance(20)]);
		expect(clock.now()).toBe(30);
	});

	it("refuses times that cannot be", () => {
		expect(() => manualClock(Number.NaN)).toThrow(
			new RangeError("manualClock: startMs must be a finite number, got NaN"),
		);
		expect(() => manualClock().advance(-1)).toThrow(
			new RangeError("advance: durationMs must be a number of at least 0, got -1"),
		);
	});
});
