import type { Context } from "@opentelemetry/api";
import { activeContext, withContext } from "../context.ts";
import { patchMethod } from "./patch.ts";
import type { ResultWatcher } from "./watcher.ts";

export type Hear = (event: string, value: unknown) => void;

interface Overheard {
	/** The innermost call first: it ends before those around it. */
	readonly hears: Hear[];
	/** The outermost call. */
	watcher: ResultWatcher;
	/** Context of whoever was handed the stream last. */
	consumer: Context;
}

const overheard = new WeakMap<object, Overheard>();

/**
 * Hears what an emitter emits without listening to it: a listener may start a flow, or pass for somebody who handles an
 * error. What listens is the consumer's; its own spans must not end up under the call that emits.
 */
export function overhear(emitter: object, name: "emit" | "_emit", watcher: ResultWatcher, hear: Hear): void {
	const consumer = activeContext();
	const known = overheard.get(emitter);
	if (known !== undefined) {
		known.hears.push(hear);
		Object.assign(known, { watcher, consumer });
		return;
	}
	const state: Overheard = { hears: [hear], watcher, consumer };
	overheard.set(emitter, state);
	const emit = (emitter as Record<string, (...given: unknown[]) => unknown>)[name] as (...given: unknown[]) => unknown;
	patchMethod(emitter, name, (...given: [string, ...unknown[]]) => {
		for (const hear of state.hears) hear(given[0], given[1]);
		const emitted = () => Reflect.apply(emit, emitter, given);
		return state.watcher.isActive() ? withContext(state.consumer, emitted, undefined) : emitted();
	});
}
