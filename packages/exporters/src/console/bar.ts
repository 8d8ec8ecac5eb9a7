/** When something happened; up to `flowMs` it only waited (for the first item of its stream). */
export interface Interval {
	readonly startMs: number;
	readonly endMs: number;
	readonly flowMs?: number | undefined;
}

const empty = 0;
const waiting = 1;
const busy = 2;

/** Indexed by left half and right half: a bar begins and ends on half columns, thin where it waits, thick where it works. */
const characters = [
	[" ", "╶", "╺"],
	["╴", "─", "╼"],
	["╸", "╾", "━"],
] as const;

/** Draws intervals on a scale of so many columns; whatever happened leaves a mark, however short it was. */
export function bar(intervals: readonly Interval[], fromMs: number, toMs: number, columns: number): string {
	const halves = new Uint8Array(columns * 2).fill(empty);
	const last = halves.length - 1;
	const scale = toMs > fromMs ? halves.length / (toMs - fromMs) : 0;
	const position = (ms: number): number => Math.min(last, Math.max(0, Math.floor((ms - fromMs) * scale)));
	for (const { startMs, endMs, flowMs = startMs } of intervals) {
		const first = position(startMs);
		const end = Math.max(first, Math.min(last, Math.ceil((endMs - fromMs) * scale) - 1));
		const flow = flowMs >= endMs && flowMs > startMs ? end + 1 : position(flowMs);
		for (let half = first; half <= end; half += 1) {
			halves[half] = Math.max(halves[half] ?? empty, half < flow ? waiting : busy);
		}
	}
	let text = "";
	for (let half = 0; half < halves.length; half += 2) {
		text += characters[halves[half] as 0 | 1 | 2][halves[half + 1] as 0 | 1 | 2];
	}
	return text;
}
