import { rejection } from "../rejection.ts";
import type { Ending } from "./ending.ts";
import { Line, Waiting } from "./line.ts";
import type { QueueParts } from "./parts.ts";
import type { QueueWait } from "./settings.ts";
import type { WaitLimits } from "./wait-limit.ts";

/** The owner of who wants an array of items. */
export const batch: object = Object.freeze({});
/** The last step. */
export const end: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

export type Answer<T> = T[] | IteratorResult<T, undefined>;

class Consumer<T> extends Waiting<Answer<T>> {
	/** The iterator that it is a step of, or that it wants a {@link batch}. */
	readonly owner: object | undefined;

	constructor(resolve: Waiting<Answer<T>>["resolve"], owner: object | undefined) {
		super(resolve);
		this.owner = owner;
	}

	give(item: T): void {
		this.resolve(this.owner === batch ? [item] : { done: false, value: item });
	}

	end(): void {
		this.resolve(this.owner === batch ? [] : end);
	}
}

/** Those who wait for items. */
export class Consumers<T> extends Line<Consumer<T>> {
	readonly #limits: WaitLimits;
	readonly #ending: Ending;

	constructor({ limits, ending }: QueueParts<T>) {
		super();
		this.#limits = limits;
		this.#ending = ending;
	}

	/** Waits for an item; once the end has come, for nothing. */
	wait(options: QueueWait | undefined, owner: object | undefined): Promise<Answer<T>> {
		if (this.#ending.hasCome) {
			const { failure } = this.#ending;
			return failure === undefined ? Promise.resolve(owner === batch ? [] : end) : rejection(failure.error);
		}
		return new Promise((resolve) => {
			const consumer = new Consumer<T>(resolve, owner);
			this.push(consumer);
			if (options !== undefined) {
				consumer.limit = this.#limits.limit("take from", options, (_, reason) => {
					this.remove(consumer);
					consumer.reject(reason);
				});
			}
		});
	}

	/** Nobody waits for the steps of an iterator that was left. */
	leave(iterator: object): void {
		for (let waiting = this.first; waiting !== undefined; ) {
			const { next } = waiting;
			if (waiting.owner === iterator) {
				this.remove(waiting);
				waiting.end();
			}
			waiting = next;
		}
	}

	/** Tells those who wait that the end has come. */
	end(): void {
		const { failure } = this.#ending;
		while (this.first !== undefined) {
			const consumer = this.shift();
			if (failure === undefined) consumer.end();
			else consumer.reject(failure.error);
		}
	}
}
