import type { Clock } from "../clock.ts";
import { TimeoutError } from "../error.ts";
import { AlarmQueue, Due, readMonotonic } from "../timing/alarm-queue.ts";
import type { QueueWait } from "./settings.ts";

/** Why somebody no longer waits. */
export type Leaving = "timeout" | "cancelled";

type Leave = (why: Leaving, reason: unknown) => void;

type What = "put to" | "take from";

/** Ends a wait at a time or by a signal, whichever is first. */
export class WaitLimit extends Due {
	readonly #limits: WaitLimits;
	readonly #what: What;
	readonly #leave: Leave;
	readonly #timeoutMs: number | undefined;
	readonly #heard: HeardSignal | undefined;

	constructor(limits: WaitLimits, what: What, { timeoutMs, signal }: QueueWait, leave: Leave) {
		super();
		this.#limits = limits;
		this.#what = what;
		this.#leave = leave;
		this.#timeoutMs = timeoutMs;
		if (timeoutMs !== undefined) limits.alarms.add(this, timeoutMs, readMonotonic(limits.clock));
		if (signal !== undefined) {
			this.#heard = limits.hear(signal);
			this.#heard.add(this);
		}
	}

	due(): void {
		this.#leave("timeout", new TimeoutError(`${this.#what} queue ${this.#limits.name}`, this.#timeoutMs as number));
	}

	aborted(reason: unknown): void {
		this.#leave("cancelled", reason);
	}

	lift(): void {
		if (this.#timeoutMs !== undefined) this.#limits.alarms.remove(this);
		if (this.#heard?.remove(this)) this.#limits.unhear(this.#heard);
	}
}

/** A signal by which many may wait at one queue: each with a listener of its own would look through those of all others. */
class HeardSignal {
	readonly signal: AbortSignal;
	/** Hardly ever is there another one. */
	#first: WaitLimit | undefined;
	#others: Set<WaitLimit> | undefined;
	readonly aborted = (): void => {
		const { reason } = this.signal;
		this.#first?.aborted(reason);
		for (const limit of this.#others ?? []) limit.aborted(reason);
	};

	constructor(signal: AbortSignal) {
		this.signal = signal;
		signal.addEventListener("abort", this.aborted);
	}

	add(limit: WaitLimit): void {
		if (this.#first === undefined && this.#others === undefined) {
			this.#first = limit;
			return;
		}
		this.#others ??= new Set();
		this.#others.add(limit);
	}

	/** True where nobody waits by it any longer. */
	remove(limit: WaitLimit): boolean {
		if (this.#first === limit) this.#first = undefined;
		else this.#others?.delete(limit);
		return this.#first === undefined && (this.#others === undefined || this.#others.size === 0);
	}
}

/** Limits the waits at one queue, with one timer among them, and one listener to each signal. */
export class WaitLimits {
	/** Of the queue, as a `TimeoutError` says it. */
	readonly name: string;
	readonly clock: Clock;
	#alarms: AlarmQueue | undefined;
	readonly #heard = new Map<AbortSignal, HeardSignal>();

	constructor(name: string, clock: Clock) {
		this.name = name;
		this.clock = clock;
	}

	get alarms(): AlarmQueue {
		this.#alarms ??= new AlarmQueue(this.clock);
		return this.#alarms;
	}

	limit(what: What, wait: QueueWait, leave: Leave): WaitLimit {
		return new WaitLimit(this, what, wait, leave);
	}

	hear(signal: AbortSignal): HeardSignal {
		let heard = this.#heard.get(signal);
		if (heard === undefined) {
			heard = new HeardSignal(signal);
			this.#heard.set(signal, heard);
		}
		return heard;
	}

	unhear({ signal, aborted }: HeardSignal): void {
		this.#heard.delete(signal);
		signal.removeEventListener("abort", aborted);
	}
}
