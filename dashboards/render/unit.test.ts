import { expect, test } from "vitest";
import { type FormatOptions, formatValue } from "./unit.ts";

// What Grafana shows for these.
const known: readonly (readonly [value: number, unit: string, text: string, options?: FormatOptions])[] = [
	[0, "s", "0 s"],
	[2.4e-7, "s", "240 ns"],
	[0.000_25, "s", "250 µs"],
	[0.0024, "s", "2.4 ms"],
	[0.15, "s", "150 ms", { tickDecimals: 2 }],
	[1.5, "s", "1.5 s"],
	[12.3456, "s", "12.3 s"],
	[90, "s", "1.5 min"],
	[7_200, "s", "2 hour"],
	[172_800, "s", "2 day"],
	[-0.5, "s", "-500 ms"],
	[0.1234, "percentunit", "12.3%"],
	[1, "percentunit", "100%"],
	[0.477, "percentunit", "47.7%", { decimals: 1 }],
	[0, "percentunit", "0.0%", { decimals: 1 }],
	[1_532.82, "currencyUSD", "$1.53K", { decimals: 2 }],
	[0.000_189, "currencyUSD", "$0.000189"],
	[-2.5, "currencyUSD", "-$2.5"],
	[1_000_000, "short", "1 Mil"],
	[98_765, "short", "98.8 K"],
	[999, "short", "999"],
	[1_250, "short", "1.25 K", { tickDecimals: 0 }],
	[1_048_576, "bytes", "1 MiB"],
	[1_536, "bytes", "1.5 KiB"],
	[512, "bytes", "512 B"],
	[1_500, "reqps", "1.5K req/s"],
	[0.25, "cps", "0.25 c/s"],
	[3, "ops", "3 ops/s"],
	[1.2, "suffix:x", "1.20 x", { decimals: 2 }],
	[5, "suffix:/s", "5 /s"],
	[100.4, "none", "100"],
	[Number.POSITIVE_INFINITY, "s", "+Inf"],
];

for (const [value, unit, text, options] of known) {
	test(`writes ${value} in ${unit} as ${text}`, () => {
		expect(formatValue(value, unit, options)).toBe(text);
	});
}

test.each([
	[-20_000, "a few seconds ago"],
	[-60_000, "a minute ago"],
	[-600_000, "10 minutes ago"],
	[-3_600_000, "an hour ago"],
	[-10_800_000, "3 hours ago"],
	[-172_800_000, "2 days ago"],
	[120_000, "in 2 minutes"],
])("writes a moment %i ms from now as %s", (distance, text) => {
	expect(formatValue(1_000_000_000 + distance, "dateTimeFromNow", { nowMs: 1_000_000_000 })).toBe(text);
});
