import type { Context } from "@opentelemetry/api";
import { activeContext, withContext } from "../context.ts";

/** A signal that a layer may abort, beside the one from outside; made when somebody asks for it. */
export class LazySignal {
	#controller: AbortController | undefined;
	#combined: AbortSignal | undefined;
	/** Of whoever asked: what an abort leads to belongs there. */
	#context: Context | undefined;
	#aborted: { readonly reason: unknown } | undefined;

	/** True once somebody could hear of an abort. */
	get wasAsked(): boolean {
		return this.#controller !== undefined;
	}

	/** True where it is known to have aborted: by this layer, or from outside once somebody has asked. */
	get isAborted(): boolean {
		return this.#aborted !== undefined || this.#combined?.aborted === true;
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
		return this.#combined;
	}

	abort(reason: unknown): void {
		this.#aborted ??= { reason };
		const controller = this.#controller;
		if (controller === undefined || controller.signal.aborted) return;
		withContext(this.#context as Context, (given) => controller.abort(given), reason);
	}
}
