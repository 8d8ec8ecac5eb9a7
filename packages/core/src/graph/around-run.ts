import type { Middleware } from "../middleware.ts";
import type { Scope } from "../scope.ts";
import type { GraphReport } from "./graph.ts";

/** What a layer that belongs to a whole graph does beside standing around its nodes. */
export interface AroundRun {
	/** Stands around the run. */
	readonly layer: Middleware;
	/** Hears once how the run went. */
	finished(report: GraphReport, scope: Scope): void;
}

const around = new WeakMap<Middleware, AroundRun>();

/** Gives a layer its part around the run of a graph. */
export function standsAroundRun(middleware: Middleware, part: AroundRun): Middleware {
	around.set(middleware, part);
	return middleware;
}

export function aroundRunOf(middleware: Middleware): AroundRun | undefined {
	return around.get(middleware);
}
