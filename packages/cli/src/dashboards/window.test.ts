import { expect, test } from "vitest";
import { secondsIn } from "./duration.ts";
import { builtInVariables, windowBefore } from "./window.ts";

test("the rate interval is Grafana's: four scrapes, or a step and a scrape where that is longer", () => {
	expect(windowBefore(10_000, 1_800, 15)).toMatchObject({ start: 8_200, end: 10_000, step: 15, rateInterval: 60 });
	expect(windowBefore(100_000, 86_400, 15)).toMatchObject({ step: 360, rateInterval: 375 });
});

test("Grafana's own variables are durations that Prometheus reads, and times in milliseconds", () => {
	expect(builtInVariables(windowBefore(10_000, 60, 0.2))).toEqual({
		__interval: "1s",
		__interval_ms: "1000",
		__rate_interval: "1200ms",
		__range: "60s",
		__range_s: "60",
		__range_ms: "60000",
		__from: "9940000",
		__to: "10000000",
	});
});

test("durations of Prometheus are read, and what is none is not", () => {
	expect(["15s", "1h30m", "200ms", "1d"].map(secondsIn)).toEqual([15, 5_400, 0.2, 86_400]);
	expect(["", "15", "s", "1m ", "-1m"].map(secondsIn)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});
