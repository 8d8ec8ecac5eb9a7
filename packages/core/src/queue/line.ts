import { refusing } from "../rejection.ts";
import type { WaitLimit } from "./wait-limit.ts";

/** One who waits in a {@link Line} for a promise to be answered. */
export class Waiting<Answer> {
	/** Of the first in the line it is the last. */
	previous: this | undefined = undefined;
	next: this | undefined = undefined;
	/** Ends the wait at a time or by a signal, where there is one. */
	limit: WaitLimit | undefined = undefined;
	readonly resolve: (answer: Answer | PromiseLike<Answer>) => void;

	constructor(resolve: (answer: Answer | PromiseLike<Answer>) => void) {
		this.resolve = resolve;
	}

	/** In the next microtask: to keep a function for it with everybody who waits would cost as much as the promise. */
	reject(reason: unknown): void {
		this.resolve(refusing(reason));
	}
}

interface Standing<W> {
	previous: W | undefined;
	next: W | undefined;
	readonly limit: WaitLimit | undefined;
}

/** Those who wait, first come, first served; anybody may leave it at any time. */
export class Line<W extends Standing<W>> {
	first: W | undefined = undefined;
	length = 0;

	push(waiting: W): void {
		const { first } = this;
		this.length++;
		if (first === undefined) {
			waiting.previous = waiting;
			this.first = waiting;
			return;
		}
		const last = first.previous as W;
		waiting.previous = last;
		last.next = waiting;
		first.previous = waiting;
	}

	/** Takes out the first; there is one. Whoever waits no longer is limited by nothing. */
	shift(): W {
		const first = this.first as W;
		const { next } = first;
		this.first = next;
		if (next !== undefined) {
			next.previous = first.previous;
			first.next = undefined;
		}
		first.previous = undefined;
		this.length--;
		if (first.limit !== undefined) first.limit.lift();
		return first;
	}

	/** Takes out one who is in it. */
	remove(waiting: W): void {
		const first = this.first as W;
		if (waiting === first) {
			this.shift();
			return;
		}
		const { previous, next } = waiting;
		(previous as W).next = next;
		(next ?? first).previous = previous;
		waiting.previous = undefined;
		waiting.next = undefined;
		this.length--;
		if (waiting.limit !== undefined) waiting.limit.lift();
	}
}
