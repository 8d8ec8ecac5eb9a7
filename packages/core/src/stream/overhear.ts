import type { Context } from "@opentelemetry/api";
import { activeContext, withContext } from "../context.ts";
import type { Audience } from "./audience.ts";
import { patchMethod } from "./patch.ts";

/** Context of whoever was handed an emitter last. */
const consumers = new WeakMap<object, Context>();

/** What listens to the emitter from now on is the consumer's; its own spans must not end up under the call that emits. */
export function handOver(emitter: object): void {
	consumers.set(emitter, activeContext());
}

/**
 * Hears what an emitter emits without listening to it: a listener may start a flow, or pass for somebody who handles an
 * error.
 */
export function overhear(
	emitter: object,
	name: "emit" | "_emit",
	audience: Audience,
	hear: (event: string, value: unknown) => void,
): void {
	const emit = (emitter as Record<string, (...given: unknown[]) => unknown>)[name] as (...given: unknown[]) => unknown;
	patchMethod(emitter, name, (...given: [string, ...unknown[]]) => {
		// Who has ended by this event is still the one that emits it.
		const watcher = audience.present;
		hear(given[0], given[1]);
		const emitted = () => Reflect.apply(emit, emitter, given);
		const consumer = consumers.get(emitter);
		return consumer !== undefined && watcher.isActive() ? withContext(consumer, emitted, undefined) : emitted();
	});
}
