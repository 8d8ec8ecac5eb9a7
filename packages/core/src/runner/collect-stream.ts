import { checkTime } from "./check-time.ts";
import type { Execution } from "./execution.ts";
import type { NodeScope } from "./node-scope.ts";
import { isPending, type StreamReader, stepOf } from "./stream-reader.ts";
import type { Streams } from "./streams.ts";
import { Turn } from "./turn.ts";

/**
 * Reads the stream of a call to its end; as long as items come at once, in one turn, unless they keep everything else
 * waiting.
 */
export function collectStream(run: Execution, streams: Streams, scope: NodeScope): void {
	const { end } = run;
	const reader = scope.reader as StreamReader;
	const turn = new Turn();
	try {
		while (!end.hasStopped && !scope.over) {
			const step = reader.next();
			if (isPending(step)) {
				void collectLater(run, streams, scope, step);
				return;
			}
			if (!keep(run, scope, step)) break;
			const pause = turn.pause();
			if (pause !== undefined) {
				void pause.then(() => collectStream(run, streams, scope));
				return;
			}
		}
	} catch (error) {
		streams.broken(scope, error);
		return;
	}
	if (end.hasStopped) reader.cancel(end.reason);
	streams.collected(scope);
}

async function collectLater(
	run: Execution,
	streams: Streams,
	scope: NodeScope,
	first: PromiseLike<unknown>,
): Promise<void> {
	const { end } = run;
	const reader = scope.reader as StreamReader;
	const turn = new Turn();
	try {
		for (let step = await first; keep(run, scope, step); step = await reader.next()) {
			if (end.hasStopped) reader.cancel(end.reason);
			const pause = turn.pause();
			if (pause !== undefined) await pause;
		}
	} catch (error) {
		streams.broken(scope, error);
		return;
	}
	streams.collected(scope);
}

/** Keeps the item of a step, and looks whether there is time for another; false at the end. */
function keep(run: Execution, scope: NodeScope, given: unknown): boolean {
	const { done, value } = stepOf(given, scope.node);
	if (done || scope.over) return false;
	scope.items?.push(value);
	checkTime(run.scope);
	return true;
}
