/** A time this old still tells which scrape an example belongs to. */
const precisionMs = 50;

let nowMs = 0;

/**
 * Time for exemplars, since reading the real clock costs more than all the rest of a recording: up to 50 ms late, and by as
 * much more as the event loop has been blocked.
 */
export function exemplarTimeMs(): number {
	return nowMs === 0 ? readClock() : nowMs;
}

function readClock(): number {
	nowMs = Date.now();
	setTimeout(forget, precisionMs).unref();
	return nowMs;
}

function forget(): void {
	nowMs = 0;
}
