import { refuse } from "@footlight/core/option";

/** For seconds, from a cache's answer to a slow page: those of HTTP durations in the semantic conventions. */
const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Those of the OpenTelemetry SDK, made with milliseconds in mind. */
const otherBuckets = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** Buckets of a histogram whose maker named none. */
export function defaultBuckets(unit: string): readonly number[] {
	return unit === "s" ? secondBuckets : otherBuckets;
}

/** Refuses what cannot be bounds of buckets. */
export function checkBuckets(where: string, buckets: unknown): readonly number[] {
	if (!Array.isArray(buckets)) refuse(TypeError, where, "an array of rising numbers", buckets);
	for (const [index, bound] of buckets.entries()) {
		if (typeof bound !== "number" || !Number.isFinite(bound)) {
			refuse(TypeError, `${where}[${index}]`, "a finite number", bound);
		}
		if (index > 0 && bound <= buckets[index - 1]) {
			refuse(RangeError, `${where}[${index}]`, `more than the one before it, ${buckets[index - 1]}`, bound);
		}
	}
	return buckets;
}

/** Finds the bucket of a value; its upper bound belongs to it. */
export function bucketOf(bounds: Float64Array, value: number): number {
	let low = 0;
	let high = bounds.length;
	// A handful of comparisons in a row costs less than jumps that nobody can foresee.
	while (high - low > 8) {
		const middle = (low + high) >>> 1;
		if ((bounds[middle] as number) < value) low = middle + 1;
		else high = middle;
	}
	while (low < high && (bounds[low] as number) < value) low++;
	return low;
}
