const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const significant = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** A time as people say it: `0ms`, `420µs`, `12.5ms`, `1.24s`, `2m 05s`, `1h 02m`, `3d 04h`. */
export function duration(milliseconds: number): string {
	if (!(milliseconds > 0)) return "0ms";
	if (milliseconds < 0.9995) return `${Math.max(1, Math.round(milliseconds * 1000))}µs`;
	if (milliseconds < 9.995) return `${trimZeros(milliseconds.toFixed(2))}ms`;
	if (milliseconds < 99.95) return `${trimZeros(milliseconds.toFixed(1))}ms`;
	if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
	if (milliseconds < 9_995) return `${(milliseconds / 1000).toFixed(2)}s`;
	if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
	const seconds = Math.round(milliseconds / 1000);
	if (seconds < 3600) return pair(seconds, 60, "m", "s");
	const minutes = Math.round(milliseconds / 60_000);
	if (minutes < 1440) return pair(minutes, 60, "h", "m");
	return pair(Math.round(milliseconds / 3_600_000), 24, "d", "h");
}

function pair(total: number, size: number, large: string, small: string): string {
	return `${Math.floor(total / size)}${large} ${String(total % size).padStart(2, "0")}${small}`;
}

function trimZeros(digits: string): string {
	return digits.replace(/\.?0+$/, "");
}

/** `812`, `12.4K`. */
export function count(value: number): string {
	return value < 10_000 ? String(Math.round(value)) : compact.format(value);
}

/** US dollars: cents from ten cents on, two significant digits below, since a call may cost a thousandth of a cent. */
export function money(dollars: number): string {
	const size = Math.abs(dollars);
	return `${dollars < 0 ? "-" : ""}$${size >= 0.0995 ? cents.format(size) : plain(size)}`;
}

function plain(size: number): string {
	return size !== 0 && size < 1e-9 ? "0.00" : significant.format(size);
}

export function plural(value: number, noun: string): string {
	return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
