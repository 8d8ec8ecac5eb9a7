/** How exactly a value is written. */
export interface FormatOptions {
	/** Decimals that are always written; without them, as many as the value needs. */
	readonly decimals?: number | undefined;
	/** Decimals that tell the ticks of an axis apart. */
	readonly tickDecimals?: number | undefined;
	/** What `dateTimeFromNow` counts from, in milliseconds. */
	readonly nowMs?: number | undefined;
}

/** Writes a value in a unit of Grafana, as it does: each unit scales by itself. */
export function formatValue(value: number, unit: string | undefined, options: FormatOptions = {}): string {
	if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
	const write = (number: number) => digits(number, options);
	switch (unit) {
		case "s":
			return seconds(value, write);
		case "percentunit":
			return `${write(value * 100)}%`;
		case "currencyUSD": {
			const { number, step } = scaled(Math.abs(value), 1_000, ["", "K", "M", "B", "T"]);
			return `${value < 0 ? "-" : ""}$${write(number)}${step}`;
		}
		case "bytes": {
			const { number, step } = scaled(value, 1_024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
			return `${write(number)} ${step}`;
		}
		case "short": {
			const { number, step } = scaled(value, 1_000, ["", " K", " Mil", " Bil", " Tri", " Quadr"]);
			return `${write(number)}${step}`;
		}
		case "reqps":
			return rate(value, "req/s", write);
		case "cps":
			return rate(value, "c/s", write);
		case "ops":
			return rate(value, "ops/s", write);
		case "dateTimeFromNow":
			return fromNow(value - (options.nowMs ?? value));
		case undefined:
		case "none":
			return write(value);
	}
	// The space before a suffix is Grafana's.
	if (unit.startsWith("suffix:")) return `${write(value)} ${unit.slice("suffix:".length)}`;
	return `${write(value)} ${unit}`;
}

function rate(value: number, unit: string, write: (number: number) => string): string {
	const { number, step } = scaled(value, 1_000, ["", "K", "M", "B", "T"]);
	return `${write(number)}${step} ${unit}`;
}

function scaled(value: number, factor: number, steps: readonly string[]): { number: number; step: string } {
	const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)) / Math.log10(factor));
	const index = Math.min(Math.max(magnitude, 0), steps.length - 1);
	return { number: value / factor ** index, step: steps[index] as string };
}

/** From this many seconds on, divided by so many, with this name. */
const secondSteps = [
	[31_536_000, 31_556_900, "year"],
	[604_800, 604_800, "week"],
	[86_400, 86_400, "day"],
	[3_600, 3_600, "hour"],
	[60, 60, "min"],
	[1, 1, "s"],
	[1e-3, 1e-3, "ms"],
	[1e-6, 1e-6, "µs"],
	[0, 1e-9, "ns"],
] as const;

function seconds(value: number, write: (number: number) => string): string {
	if (value === 0) return `${write(0)} s`;
	const [, size, name] = secondSteps.find(([from]) => Math.abs(value) >= from) ?? [0, 1e-9, "ns"];
	return `${write(value / size)} ${name}`;
}

function digits(value: number, { decimals, tickDecimals }: FormatOptions): string {
	if (decimals !== undefined) return fixed(value, decimals);
	// Without decimals that somebody asked for, zeros at the end go: 150.00 ms are 150 ms.
	return String(+fixed(value, tickDecimals || significantDecimals(value)));
}

function fixed(value: number, decimals: number): string {
	const factor = 10 ** decimals;
	return (Math.round(value * factor) / factor).toFixed(decimals);
}

const mostDecimals = 20;

/** As many as show three figures. */
function significantDecimals(value: number): number {
	if (value % 1 === 0) return 0;
	return Math.min(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))), mostDecimals);
}

/** Words for a distance in time: up to this many seconds, counted in so many. */
const distances = [
	[44.5, 0, "a few seconds"],
	[89.5, 0, "a minute"],
	[44.5 * 60, 60, "minutes"],
	[89.5 * 60, 0, "an hour"],
	[21.5 * 3_600, 3_600, "hours"],
	[35.5 * 3_600, 0, "a day"],
	[Number.POSITIVE_INFINITY, 86_400, "days"],
] as const;

function fromNow(distanceMs: number): string {
	const distance = Math.abs(distanceMs) / 1_000;
	const [, size, words] = distances.find(([most]) => distance < most) ?? distances[6];
	const text = size === 0 ? words : `${Math.round(distance / size)} ${words}`;
	return distanceMs > 0 ? `in ${text}` : `${text} ago`;
}
