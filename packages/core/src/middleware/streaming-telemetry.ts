import { withValues } from "../call-copy.ts";
import { activeContext, StageContext, withContext } from "../context.ts";
import { layer, type Middleware } from "../middleware.ts";
import { Scope } from "../scope.ts";
import { hearEnd } from "../stream/hear-end.ts";
import { bufferKey, exporterKey, queueKey } from "../streaming/keys.ts";
import { Kit } from "../streaming/kit.ts";
import { checkStreamingTelemetry, type StreamingTelemetryOptions, shownOptions } from "../streaming/options.ts";

const keys = [queueKey, bufferKey, exporterKey];

/**
 * Gives each call a `ChunkQueue`, a `StreamingBuffer` and an exporter of its own, under the keys `streamQueue`, `streamBuffer`
 * and `streamExporter`.
 *
 * Each is made when the function first asks for it, and closed when the call ends, however it ends: with a value, an
 * error (which the queue fails with), the last item of its stream, a consumer that leaves or forgets it. Calls share
 * nothing, nor do the attempts of one. An exporter that was given, and not a function that makes one, is shared by all
 * and stays open.
 *
 * **Placement** inside `retry()` and `hedge()`.
 * **Emits** nothing of its own; the queue and the buffer emit their events and metrics as those of the call, and what the
 * exporter of a call has no room for is its event `analytics.overflow`.
 * **Throws** nothing; reading a key throws TypeError where the layer has no such thing.
 *
 * @example
 * const spell = light.stage(
 *   "spell",
 *   (word: string) => {
 *     const letters = light.current().value(streamQueue<string>());
 *     letters.fill(word).catch(() => {});
 *     return letters.values({ closeWhenLeft: true });
 *   },
 *   { use: [streamingTelemetry({ queue: { capacity: 16 } })] },
 * );
 * await Array.fromAsync(spell("to")); // => ["t", "o"]
 */
export function streamingTelemetry<Item = never, Chunk = never, Exported = never>(
	options: StreamingTelemetryOptions<Item, Chunk, Exported> = {},
): Middleware {
	// Whoever reads a key says what the items are.
	const untyped = options as StreamingTelemetryOptions;
	checkStreamingTelemetry(untyped);
	return layer({ name: "streamingTelemetry", options: shownOptions(untyped) }, (next) => (call) => {
		const kit = new Kit(untyped, call);
		const given = withValues(
			call,
			call.values.provide(keys, (key, asking) => kit.valueOf(key, asking)),
		);
		// A generator's steps run in the context of the call that reached it, those of any other stream (one that comes by a
		// promise, an iterable, a Web stream) in this one: what it asks for then must be found there.
		const scope = new Scope(call.scope, call.scope.run, false, call.scope.attemptOf ?? call.scope);
		scope.call = given;
		return withContext(
			new StageContext(activeContext(), scope.span, scope),
			() => {
				let result: unknown;
				try {
					result = next(given);
				} catch (error) {
					kit.ended("error", error);
					throw error;
				}
				return hearEnd(result, given, kit);
			},
			undefined,
		);
	});
}
