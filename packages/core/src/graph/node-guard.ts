import { activeContext } from "../context.ts";
import { layer, type Middleware } from "../middleware.ts";
import { closingRuns } from "../runner/inner-runs.ts";
import { closeStream, isStream } from "../runner/stream-reader.ts";
import { isThenable } from "../thenable.ts";
import { untilAborted } from "../until-aborted.ts";
import { NodeStream } from "./node-stream.ts";

/**
 * Stands between what observes a node and everything else of it: what does not heed the signal is given up here, so that
 * its span ends with the run.
 */
export function guardNode(name: string, mayStream: boolean): Middleware {
	return layer({ name: "graph" }, (next) => (call) => {
		const { signal, scope } = call;
		const result = next(call);
		const isPromise = isThenable(result);
		if (!isPromise && !isStream(result)) return result;
		const context = activeContext();
		const arrived = (value: unknown): unknown => {
			if (!isStream(value)) return value;
			if (mayStream) return new NodeStream(name, value, context, call);
			const refusal = new TypeError(`graph: node ${name} gave a stream; only a node that no edge leads on from may`);
			closeStream(value, refusal);
			throw refusal;
		};
		if (!isPromise) return arrived(result);
		// Awaited: what calls itself a promise need not be one.
		const settled = async (): Promise<unknown> => arrived(await result);
		return untilAborted(settled(), signal, {
			late: (value) => {
				if (isStream(value)) closeStream(value, signal?.reason);
			},
			closing: () => closingRuns(scope),
		});
	});
}
