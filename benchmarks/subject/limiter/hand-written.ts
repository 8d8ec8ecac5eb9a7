import { type Limiter, windowMs } from "../../limiter.ts";

/** The least that can be had: a count for each key, which begins anew with each window. It lets no key go. */
export default (limit: number): Limiter => {
	const windows = new Map<string, { sinceMs: number; count: number }>();
	return {
		consume(key) {
			const nowMs = performance.now();
			const window = windows.get(key);
			if (window === undefined || nowMs - window.sinceMs >= windowMs) {
				windows.set(key, { sinceMs: nowMs, count: 1 });
				return true;
			}
			if (window.count >= limit) return false;
			window.count++;
			return true;
		},
		keys: () => windows.size,
	};
};
