import type { Context } from "@opentelemetry/api";
import { activeContext, withContext } from "../context.ts";
import { hear, whenHeard } from "./hearing.ts";

/** A signal that a layer may abort, beside the one from outside; made when somebody asks for it. */
export class LazySignal {
	#controller: AbortController | undefined;
	#combined: AbortSignal | undefined;
	/** Of whoever asked: what an abort leads to belongs there. */
	#context: Context | undefined;
	#aborted: { readonly reason: unknown } | undefined;
	#isHeard = false;
	readonly #heard: (() => void) | undefined;

	/** @param heard - told once the work asks for the signal, beside whoever made the one from outside */
	constructor(heard?: () => void) {
		this.#heard = heard;
	}

	/** True once the work could hear of an abort. */
	get isHeard(): boolean {
		return this.#isHeard;
	}

	/** @param outer - the signal from outside, asked for only now */
	get(outer: () => AbortSignal | undefined): AbortSignal {
		if (this.#combined !== undefined) return this.#combined;
		if (this.#aborted !== undefined) {
			this.#combined = AbortSignal.abort(this.#aborted.reason);
			return this.#combined;
		}
		this.#context = activeContext();
		this.#controller = new AbortController();
		const fromOutside = outer();
		const { signal } = this.#controller;
		this.#combined = fromOutside === undefined ? signal : AbortSignal.any([fromOutside, signal]);
		whenHeard(this.#combined, () => this.#hear(fromOutside));
		return this.#combined;
	}

	#hear(fromOutside: AbortSignal | undefined): void {
		if (this.#isHeard) return;
		this.#isHeard = true;
		hear(fromOutside);
		this.#heard?.();
	}

	abort(reason: unknown): void {
		this.#aborted ??= { reason };
		const controller = this.#controller;
		if (controller === undefined || controller.signal.aborted) return;
		withContext(this.#context as Context, (given) => controller.abort(given), reason);
	}
}
