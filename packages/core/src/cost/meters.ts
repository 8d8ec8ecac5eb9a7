import type { Middleware } from "../middleware.ts";

const meters = new WeakSet<Middleware>();

/** Notes that a layer meters, so that none is added beside it. */
export function markMeter(middleware: Middleware): Middleware {
	meters.add(middleware);
	return middleware;
}

export function isMeter(middleware: Middleware): boolean {
	return meters.has(middleware);
}
