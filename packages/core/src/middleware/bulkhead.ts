import { BulkheadMeter } from "../bulkhead/meter.ts";
import type { Pool } from "../bulkhead/pool.ts";
import { namedPool, stagePool } from "../bulkhead/registry.ts";
import type { Call } from "../call.ts";
import { type AsyncMiddleware, asyncLayer, type Handler, layer, type Middleware } from "../middleware.ts";
import { integerFrom, knownOptions, milliseconds, nonEmptyName, positiveInteger, refuse } from "../option.ts";
import { perStage, prepares } from "../prepare.ts";
import { rejection } from "../rejection.ts";
import { type EndListener, hearEnd } from "../stream/hear-end.ts";
import { onceMetered } from "../telemetry/cells.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";

/** Options of {@link bulkhead}. */
export interface BulkheadOptions {
	/** Shared by all bulkheads of this name, whatever stage they stand around. @default `pipeline.stage`, for the stage alone */
	readonly name?: string;
	/** Most calls that run at the same time. */
	readonly concurrency: number;
	/** Most calls that wait for a place, first come, first served; what comes beyond is refused. @default 0 */
	readonly queueSize?: number;
	/** Longest that a call waits, in milliseconds. @default as long as its signal and its deadline let it */
	readonly maxWaitMs?: number;
}

/** What one stage under a bulkhead keeps. */
interface Place extends EndListener {
	readonly pool: Pool;
	readonly meter: () => BulkheadMeter | undefined;
}

const known = ["name", "concurrency", "queueSize", "maxWaitMs"];

/**
 * Lets so many calls run at the same time, and refuses the rest, so that one slow neighbour does not take everything.
 *
 * A call has its place until its result has ended: a stream to its last item, or until its consumer leaves. With a
 * `queueSize` calls wait for a place, and the result is a promise. A stage that calls itself, or another under the same
 * name, waits for its own place: let it have a `maxWaitMs`.
 *
 * **Placement** inside `retry()` and `timeout()`, close to what is scarce.
 * **Emits** the metrics `pipeline.bulkhead.calls`, `.active`, `.queued`, `.capacity` and `.wait_duration`; on the span
 * `bulkhead.name`, and `bulkhead.wait_ms` where the call had to wait.
 * **Throws** `BulkheadFullError` (outcome `rejected`), as a rejection where the function is `async` or there is a queue, else
 * at once; the reason of its signal, or a `TimeoutError` at its deadline, where a call is given up as it waits. RangeError when a stage is defined with another
 * `concurrency` or `queueSize` than others under the same `name`.
 *
 * @example
 * const load = light.stage("load", (page: string) => fetch(page), { use: [bulkhead({ name: "wiki", concurrency: 1 })] });
 * const first = load(url.href);
 * load(url.href); // throws BulkheadFullError: [bulkhead_full] bulkhead wiki: 1 call runs already
 * await first;
 */
export function bulkhead(options: BulkheadOptions & { readonly queueSize?: 0 }): Middleware;
export function bulkhead(options: BulkheadOptions): AsyncMiddleware;
export function bulkhead(options: BulkheadOptions): Middleware {
	knownOptions("bulkhead", options, known);
	const { name, concurrency, queueSize = 0, maxWaitMs } = options ?? {};
	if (name !== undefined) nonEmptyName("bulkhead: name", name);
	positiveInteger("bulkhead: concurrency", concurrency);
	integerFrom("bulkhead: queueSize", queueSize, 0);
	if (maxWaitMs !== undefined) {
		milliseconds("bulkhead: maxWaitMs", maxWaitMs);
		if (queueSize === 0) refuse(RangeError, "bulkhead: maxWaitMs", "absent without a queueSize", maxWaitMs);
	}
	const size = { concurrency, queueSize };

	const placeOf = perStage((definition): Place => {
		const pool =
			name === undefined ? stagePool(`${definition.pipeline.name}.${definition.name}`, size) : namedPool(name, size);
		return {
			pool,
			meter: onceMetered(definition, (instruments) => new BulkheadMeter(pool, instruments)),
			ended: () => pool.leave(),
		};
	});
	const description = {
		name: "bulkhead",
		options: {
			...(name !== undefined && { name }),
			...size,
			...(maxWaitMs !== undefined && { maxWaitMs }),
		},
	};
	const around = (next: Handler) => (call: Call) => {
		const place = placeOf(call.definition);
		const { pool } = place;
		call.scope.setAttribute("bulkhead.name", pool.name);
		if (pool.enter()) {
			accepted(place);
			return run(place, call, next);
		}
		if (queueSize > 0 && !pool.isLineFull) return waitAndRun(place, call, next, maxWaitMs);
		const meter = place.meter();
		if (meter !== undefined) meter.rejected.value++;
		const refusal = pool.refusal();
		if (call.definition.isAsync || queueSize > 0) return rejection(refusal);
		throw refusal;
	};
	if (queueSize === 0) {
		const middleware = layer(description, (next) => {
			const handler = around(next);
			return (call) => (call.definition.isAsync ? rejecting(handler, call) : handler(call));
		});
		return prepares(middleware, placeOf);
	}
	return prepares(
		asyncLayer(description, (next) => {
			const handler = around(next);
			return (call) => promised(handler, call);
		}),
		placeOf,
	);
}

function accepted({ meter }: Place): void {
	const found = meter();
	if (found !== undefined) found.accepted.value++;
}

function run(place: Place, call: Call, next: Handler): unknown {
	let result: unknown;
	try {
		result = next(call);
	} catch (error) {
		place.pool.leave();
		throw error;
	}
	return hearEnd(result, call, place);
}

async function waitAndRun(
	place: Place,
	call: Call,
	next: Handler,
	maxWaitMs = Number.POSITIVE_INFINITY,
): Promise<unknown> {
	const { pool, meter } = place;
	const sinceMs = readMonotonic(call.clock);
	const waited = () => {
		const ms = readMonotonic(call.clock) - sinceMs;
		meter()?.waited(ms);
		call.scope.setAttribute("bulkhead.wait_ms", ms);
	};
	try {
		await pool.wait(call, maxWaitMs);
	} catch (error) {
		const found = meter();
		if (found !== undefined) found.expired.value++;
		waited();
		throw error;
	}
	accepted(place);
	waited();
	return run(place, call, next);
}

/** What is thrown at once becomes a rejection; a result stays what it is. */
function rejecting(handler: Handler, call: Call): unknown {
	try {
		return handler(call);
	} catch (error) {
		return rejection(error);
	}
}

function promised(handler: Handler, call: Call): Promise<unknown> {
	try {
		return Promise.resolve(handler(call));
	} catch (error) {
		return rejection(error);
	}
}
