import { createTraceState, type SpanContext } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { adjustedCount, randomnessOf, sampledState, thresholdOf } from "./probability.ts";

function contextOf(traceState?: string, traceId = "0af7651916cd43dd8448eb211c80319c"): SpanContext {
	const state = traceState === undefined ? {} : { traceState: createTraceState(traceState) };
	return { traceId, spanId: "b7ad6b7169203331", traceFlags: 1, ...state };
}

describe("thresholds", () => {
	// From the table of the specification, with a precision of four digits.
	it.each([
		[1, "0", 1],
		[2, "8", 2],
		[3, "aaab", 3.00004577706569],
		[4, "c", 4],
		[5, "cccd", 5.0000762951094835],
		[10, "e666", 9.99938968568813],
		[16, "f", 16],
		[100, "fd70a", 99.99771123402633],
		[1_000, "ffbe77", 1000.012874769029],
		[10_000, "fff9724", 9999.830725674266],
		[100_000, "ffff583a", 99999.238556461],
		[1_000_000, "ffffef39", 999992.38556461],
	])("of 1 in %i is the specification's", (n, digits, count) => {
		const threshold = thresholdOf(1 / n);
		expect(threshold).toBe(digits.padEnd(14, "0"));
		expect(adjustedCount(threshold)).toBeCloseTo(count, 6);
	});

	it("exist for every share", () => {
		for (const share of [Number.MIN_VALUE, 2 ** -60, 2 ** -56, 1e-9, 0.999_999, 1 - Number.EPSILON]) {
			expect(thresholdOf(share)).toMatch(/^[0-9a-f]{14}$/);
			expect(adjustedCount(thresholdOf(share))).toBeGreaterThanOrEqual(1);
			expect(adjustedCount(thresholdOf(share))).toBeLessThanOrEqual(2 ** 56);
		}
		expect(adjustedCount("f".repeat(14))).toBe(2 ** 56);
	});
});

describe("what stands beside a trace id", () => {
	it("is written next to what others have written", () => {
		const { traceState } = sampledState(contextOf("vendor=1,ot=rv:ffffffffffffff;p:8"), thresholdOf(0.25));
		expect(traceState?.get("ot")).toBe("rv:ffffffffffffff;p:8;th:c");
		expect(traceState?.get("vendor")).toBe("1");
	});

	it("is written where there was nothing", () => {
		expect(sampledState(contextOf(), thresholdOf(1)).traceState?.serialize()).toBe("ot=th:0");
	});

	it("is not written where there is no room for it", () => {
		const full = `ot=x:${"y".repeat(253)}`;
		expect(sampledState(contextOf(full), thresholdOf(0.5)).traceState?.serialize()).toBe(full);
	});

	it.each(["th:", "th:xyz", "th:123456789abcdef0", "rv:12", "nonsense", ""])(
		"is not believed where it is %j",
		(entry) => {
			const context = contextOf(`ot=${entry}`);
			expect(sampledState(context, thresholdOf(0.5)).adjustedCount).toBe(2);
			expect(randomnessOf(context)).toBe("48eb211c80319c");
		},
	);

	it("is erased where a span was let through against it", () => {
		const state = sampledState(contextOf("ot=th:8,vendor=1"), thresholdOf(0.5));
		expect(state.adjustedCount).toBeUndefined();
		expect(state.traceState?.serialize()).toBe("vendor=1");
	});
});

it("keeps with a greater share all that it keeps with a smaller one, and counts right on average", () => {
	let seed = 7;
	const random = () => {
		seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
		return seed.toString(16).padStart(8, "0");
	};
	const ids = Array.from({ length: 20_000 }, () => random() + random() + random() + random());
	let keptBefore = new Set<string>();
	for (const share of [0.01, 0.1, 0.3, 0.5, 0.9, 1]) {
		const threshold = thresholdOf(share);
		const kept = ids.filter((traceId) => randomnessOf(contextOf(undefined, traceId)) >= threshold);
		const sum = kept.reduce(
			(count, id) => count + (sampledState(contextOf(undefined, id), threshold).adjustedCount ?? 0),
			0,
		);
		expect(new Set(kept).isSupersetOf(keptBefore)).toBe(true);
		expect(Math.abs(sum / ids.length - 1)).toBeLessThan(4 * Math.sqrt((1 / share - 1) / ids.length) + 1e-3);
		keptBefore = new Set(kept);
	}
});
