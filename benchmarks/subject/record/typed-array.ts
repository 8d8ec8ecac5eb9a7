import { durations } from "../../labels.ts";
import { bounds } from "../../meter.ts";

const upper = Float64Array.from(bounds);
const width = bounds.length + 1;
const counts = new Float64Array(16 * width);
const sums = new Float64Array(16);

/** The least that a histogram can cost: cells found by number. */
function record(index: number): void {
	const value = durations[index & 1_023] as number;
	const set = index & 15;
	let bucket = 0;
	while (bucket < upper.length && (upper[bucket] as number) < value) bucket++;
	(counts[set * width + bucket] as number)++;
	(sums[set] as number) += value;
}

export default record;

export function recorded(): number {
	return counts.reduce((sum, count) => sum + count, 0);
}
