/**
 * The calls of one sliding window, in a block of numbers: `[total, ring, oldest time, newest time, newest count, time,
 * count, time, count ...]`. What most calls look at stands in front, side by side; the ring has what is older.
 *
 * Each entry is a call, or several that were made within one step of the window; it leaves when the last of them does. So
 * a call may count for a step longer than the window, and never for less than it.
 */

const headShift = 10;
const lengthMask = 2 ** headShift - 1;

const ringAt = 1;
const oldestAt = 2;
const newestAt = 3;
const newestCountAt = 4;
/** Numbers beside the entries of the ring. */
export const logHeader = 5;

export function clearLog(cells: Float64Array, at: number): void {
	cells[at] = 0;
	cells[at + ringAt] = 0;
	cells[at + oldestAt] = Number.POSITIVE_INFINITY;
	cells[at + newestCountAt] = 0;
}

/** Drops what is no longer in the window, and gives the number of calls that are. */
export function countCalls(cells: Float64Array, at: number, capacity: number, windowMs: number, nowMs: number): number {
	if (nowMs - (cells[at + oldestAt] as number) < windowMs) return cells[at] as number;
	const ring = cells[at + ringAt] as number;
	let length = ring & lengthMask;
	let head = ring >> headShift;
	let total = cells[at] as number;
	for (; length > 0; length--) {
		const entry = at + logHeader + 2 * head;
		if (nowMs - (cells[entry] as number) < windowMs) break;
		total -= cells[entry + 1] as number;
		head = head + 1 === capacity ? 0 : head + 1;
	}
	const newestMs = cells[at + newestAt] as number;
	if (length > 0) cells[at + oldestAt] = cells[at + logHeader + 2 * head] as number;
	else if (nowMs - newestMs < windowMs) cells[at + oldestAt] = newestMs;
	else {
		clearLog(cells, at);
		return 0;
	}
	cells[at] = total;
	cells[at + ringAt] = (head << headShift) | length;
	return total;
}

/** Adds calls made at a time not before any other; false where there is no room. With no steps only calls of the same moment share an entry. */
export function addCalls(
	cells: Float64Array,
	at: number,
	capacity: number,
	stepsPerMs: number,
	timeMs: number,
	count: number,
): boolean {
	const newestCount = cells[at + newestCountAt] as number;
	const newestMs = cells[at + newestAt] as number;
	const ring = cells[at + ringAt] as number;
	if (newestCount > 0 && sameStep(newestMs, timeMs, stepsPerMs)) {
		cells[at + newestCountAt] = newestCount + count;
		if ((ring & lengthMask) === 0) cells[at + oldestAt] = timeMs;
	} else {
		if (newestCount === 0) cells[at + oldestAt] = timeMs;
		else if (!push(cells, at, capacity, newestMs, newestCount)) return false;
		cells[at + newestCountAt] = count;
	}
	cells[at + newestAt] = timeMs;
	cells[at] = (cells[at] as number) + count;
	return true;
}

function sameStep(oneMs: number, otherMs: number, stepsPerMs: number): boolean {
	return stepsPerMs > 0 ? Math.floor(oneMs * stepsPerMs) === Math.floor(otherMs * stepsPerMs) : oneMs === otherMs;
}

function push(cells: Float64Array, at: number, capacity: number, timeMs: number, count: number): boolean {
	const ring = cells[at + ringAt] as number;
	const length = ring & lengthMask;
	if (length >= capacity) return false;
	const entry = at + logHeader + 2 * (((ring >> headShift) + length) % capacity);
	cells[entry] = timeMs;
	cells[entry + 1] = count;
	cells[at + ringAt] = ring + 1;
	return true;
}

/** When so many calls, the oldest, will have left the window: there must be as many. */
export function leaveMs(cells: Float64Array, at: number, capacity: number, windowMs: number, count: number): number {
	const ring = cells[at + ringAt] as number;
	const length = ring & lengthMask;
	let leaving = 0;
	for (let index = 0; index < length; index++) {
		const entry = at + logHeader + 2 * (((ring >> headShift) + index) % capacity);
		leaving += cells[entry + 1] as number;
		if (leaving >= count) return (cells[entry] as number) + windowMs;
	}
	return (cells[at + newestAt] as number) + windowMs;
}

/** When the last call was made; undefined where there is none. */
export function newestMs(cells: Float64Array, at: number): number | undefined {
	return cells[at + newestCountAt] === 0 ? undefined : cells[at + newestAt];
}

/** Adds all calls of one window to another that is empty; false where there was no room for all, and then it stays empty. */
export function copyCalls(
	from: { readonly cells: Float64Array; readonly at: number; readonly capacity: number },
	to: { readonly cells: Float64Array; readonly at: number; readonly capacity: number },
	stepsPerMs: number,
): boolean {
	const { cells, at, capacity } = from;
	const add = (timeMs: number, count: number) => addCalls(to.cells, to.at, to.capacity, stepsPerMs, timeMs, count);
	const ring = cells[at + ringAt] as number;
	const length = ring & lengthMask;
	let fits = true;
	for (let index = 0; index < length && fits; index++) {
		const entry = at + logHeader + 2 * (((ring >> headShift) + index) % capacity);
		fits = add(cells[entry] as number, cells[entry + 1] as number);
	}
	const newestCount = cells[at + newestCountAt] as number;
	if (fits && newestCount > 0) fits = add(cells[at + newestAt] as number, newestCount);
	if (!fits) clearLog(to.cells, to.at);
	return fits;
}
