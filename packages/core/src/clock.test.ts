import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { footlight, systemClock, telemetryFailures } from "./index.ts";
import { recordingTracerProvider } from "./testing/index.ts";

describe("systemClock", () => {
	it("tells the wall clock's time, with a fraction, and never runs backwards", () => {
		expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
		const readings = Array.from({ length: 1_000 }, () => systemClock.now());
		expect(readings).toEqual([...readings].sort((one, other) => one - other));
		expect(readings.some((reading) => !Number.isInteger(reading))).toBe(true);
	});

	it("measures time that nobody can set", () => {
		const before = systemClock.monotonicMs();
		expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
	});

	it("sleeps at least as long as it is asked to", async () => {
		for (const durationMs of [1, 1.5, 3, 10.9]) {
			const before = systemClock.monotonicMs();
			await systemClock.sleep(durationMs);
			expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(durationMs);
		}
	});

	it("does not sleep where there is nothing to wait for", async () => {
		await systemClock.sleep(0);
		await systemClock.sleep(-5);
	});

	it("rejects with the reason when the signal aborts, before and during the sleep", async () => {
		const reason = new Error("given up");
		await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
		const aborting = new AbortController();
		const slept = systemClock.sleep(60_000, aborting.signal);
		aborting.abort(reason);
		await expect(slept).rejects.toBe(reason);
	});

	it("does not fire at once beyond the longest timer of the platform", async () => {
		const aborting = new AbortController();
		let woke = false;
		const slept = systemClock.sleep(2 ** 31 + 5, aborting.signal).then(
			() => {
				woke = true;
			},
			() => {},
		);
		await systemClock.sleep(20);
		expect(woke).toBe(false);
		aborting.abort();
		await slept;
	});

	it("leaves no listener on a signal when it wakes", async () => {
		const { signal } = new AbortController();
		const slept = systemClock.sleep(1, signal);
		expect(getEventListeners(signal, "abort")).toHaveLength(1);
		await slept;
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});
});

describe("a clock that throws", () => {
	it.each([0, 1, 2, 3])("after %i readings is counted, and changes no result", async (readings) => {
		let left = readings;
		const now = () => {
			if (left-- <= 0) throw new Error("no time");
			return systemClock.now();
		};
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { clock: { ...systemClock, now }, tracerProvider });
		const before = telemetryFailures().get("clock") ?? 0;
		const ask = light.stage("ask", async () => {
			light.current().event("answer.cited");
			return "answer";
		});
		const items = light.stage("items", function* () {
			yield 1;
			yield 2;
		});
		expect(await light.run(async () => [await ask(), ...items()])).toEqual(["answer", 1, 2]);
		expect(telemetryFailures().get("clock")).toBeGreaterThan(before);
		expect(tracerProvider.spans.map((span) => span.name)).toEqual(["ask", "items", "docs-qa"]);
		expect(tracerProvider.spans[0]?.events.map((event) => event.name)).toEqual(["answer.cited"]);
	});
});
