import { isEventStream } from "../stream/event-stream.ts";
import { isNodeReadable } from "../stream/node-readable.ts";
import type { TimedCall } from "./timed-call.ts";
import { timedEventStream, timedNodeReadable } from "./timed-emitter.ts";
import { timedSteps } from "./timed-steps.ts";

/**
 * Lets a stream's limits see how its consumer waits, and hands it outward as what it is. Time counts while somebody waits
 * for an item, so a consumer may take as long as it likes. Whoever waits when the time is over is told, and the source is
 * closed.
 */
export function timedStream(stream: object, timed: TimedCall): object {
	if (isNodeReadable(stream)) return timedNodeReadable(stream, timed);
	if (isEventStream(stream)) return timedEventStream(stream, timed);
	return timedSteps(stream, timed);
}
