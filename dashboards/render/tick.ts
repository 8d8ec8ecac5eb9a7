import { textWidth } from "./text.ts";
import type { TimeRange } from "./time-range.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const timeSteps = [1, 5, 10, 15, 30]
	.flatMap((count) => [count * second, count * minute])
	.concat([1, 2, 3, 4, 6, 8, 12, 24, 48, 168].map((count) => count * hour))
	.toSorted((a, b) => a - b);

/** A place on an axis with what is written there. */
export interface Tick {
	readonly value: number;
	readonly text: string;
}

/** Places on a time axis, as many as fit; times are UTC. */
export function timeTicks({ fromMs, toMs }: Pick<TimeRange, "fromMs" | "toMs">, widthPixels: number): readonly Tick[] {
	const longest = timeText(fromMs, second, toMs - fromMs);
	const least = ((textWidth(longest) + 18) / widthPixels) * (toMs - fromMs);
	const step = timeSteps.find((candidate) => candidate >= least) ?? (timeSteps.at(-1) as number);
	return multiples(fromMs, toMs, step).map((value) => ({ value, text: timeText(value, step, toMs - fromMs) }));
}

function timeText(timeMs: number, stepMs: number, lengthMs: number): string {
	const iso = new Date(timeMs).toISOString();
	if (stepMs <= minute) return iso.slice(11, 19);
	return lengthMs <= 24 * hour ? iso.slice(11, 16) : `${iso.slice(5, 10).replace("-", "/")} ${iso.slice(11, 16)}`;
}

/** A linear axis of values. */
export interface ValueAxis {
	readonly min: number;
	readonly max: number;
	readonly ticks: readonly number[];
	/** Decimals that tell its ticks apart. */
	readonly decimals: number;
}

/** Makes an axis from zero or below to somewhat more than the largest value, or as far as it must go. */
export function valueAxis(
	values: Iterable<number>,
	{
		min,
		max,
		unit,
		heightPixels,
	}: { min?: number | undefined; max?: number | undefined; unit?: string | undefined; heightPixels: number },
): ValueAxis {
	let lowest = Number.POSITIVE_INFINITY;
	let highest = Number.NEGATIVE_INFINITY;
	for (const value of values) {
		lowest = Math.min(lowest, value);
		highest = Math.max(highest, value);
	}
	const bottom = min ?? (lowest >= 0 ? 0 : lowest * 1.1);
	const top = max ?? (highest > bottom ? roundedUp(bottom + (highest - bottom) * 1.1) : bottom + 1);
	const spacing = heightPixels <= 150 ? 22 : 30;
	const least = ((top - bottom) * spacing) / heightPixels;
	const step = unit === "bytes" ? 2 ** Math.ceil(Math.log2(least)) : niceStep(least);
	const decimals = String(step).split(".")[1]?.length ?? 0;
	return { min: bottom, max: top, ticks: multiples(bottom, top, step), decimals };
}

/** A logarithmic axis: whole powers of ten about the values. */
export function logarithmicAxis(values: Iterable<number>): ValueAxis {
	const exponents = [...values].filter((value) => value > 0).map((value) => Math.log10(value));
	const low = exponents.length === 0 ? 0 : Math.floor(Math.min(...exponents));
	const high = Math.max(low + 1, exponents.length === 0 ? 1 : Math.ceil(Math.max(...exponents)));
	const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
	return { min: 10 ** low, max: 10 ** high, ticks, decimals: Math.max(0, -low) };
}

function niceStep(least: number): number {
	const magnitude = 10 ** Math.floor(Math.log10(least));
	const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * magnitude >= least * (1 - 1e-9)) ?? 10;
	return +(factor * magnitude).toPrecision(6);
}

function roundedUp(value: number): number {
	const grain = 10 ** Math.floor(Math.log10(value)) / 10;
	return +(Math.ceil(value / grain - 1e-9) * grain).toPrecision(6);
}

function multiples(from: number, to: number, step: number): number[] {
	const first = Math.ceil(from / step - 1e-9);
	const count = Math.max(0, Math.floor(to / step + 1e-9) - first + 1);
	return Array.from({ length: count }, (_, index) => +((first + index) * step).toPrecision(15));
}
