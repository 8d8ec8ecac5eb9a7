// Over 250 lines: all that may happen to a call under time limits, whichever comes first.
import type { Call } from "../call.ts";
import { withDeadline } from "../call-copy.ts";
import type { Clock } from "../clock.ts";
import { type AwaitedInTime, TimeoutError } from "../error.ts";
import type { FirstAttempt } from "../first-attempt.ts";
import type { Handler } from "../middleware.ts";
import { isStream } from "../runner/stream-reader.ts";
import type { Scope } from "../scope.ts";
import { giveUpStream } from "../stream/give-up.ts";
import { hearEnd } from "../stream/hear-end.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { isThenable } from "../thenable.ts";
import { giveUpInside, type Unfinished } from "../unfinished.ts";
import { type AlarmQueue, Due, readMonotonic } from "./alarm-queue.ts";
import { LazySignal } from "./lazy-signal.ts";
import { timedStream } from "./timed-stream.ts";
import type { TimeoutMeter } from "./timeout-meter.ts";

/** One limit, and those who wait under it. */
export interface Limit {
	readonly ms: number;
	readonly queue: AlarmQueue;
}

/** What all calls of one stage under one layer share. */
export interface Limits {
	readonly clock: Clock;
	readonly whole: Limit | undefined;
	readonly firstItem: Limit | undefined;
	readonly idle: Limit | undefined;
	readonly meter: () => TimeoutMeter | undefined;
}

type Reject = (error: unknown) => void;

/** What a stream is to its limits: something that can be closed, held by the stream itself. */
export interface TimedSource {
	close(error: unknown): void;
}

/** The limit on what a call waits for at this moment: its first item, or the next. */
class StepLimit extends Due {
	readonly #call: TimedCall;

	constructor(call: TimedCall) {
		super();
		this.#call = call;
	}

	due(): void {
		this.#call.stepIsDue();
	}
}

/**
 * One call under time limits, from its begin to the end of its result.
 *
 * The queues know it until then, so it holds neither the result nor the arguments: a stream that nobody reads can be
 * collected all the same.
 */
export class TimedCall extends Due {
	readonly #limits: Limits;
	readonly #name: string;
	readonly #scope: Scope;
	/** The attempt that the limits are inside of, where it is the first. */
	readonly #attempt: FirstAttempt | undefined;
	/** What goes on around the limits. */
	readonly #around: Unfinished | undefined;
	readonly #startMs: number;
	/** How often the function had been called when the call came. */
	readonly #callsBefore: number;
	#signal: LazySignal | undefined;
	#isOver = false;
	#error: TimeoutError | undefined;
	/** Of the promise that the layer gave, until there is a result. */
	#reject: Reject | undefined;
	/** Of consumers that wait for an item. */
	#waiting: Set<Reject> | undefined;
	#step: StepLimit | undefined;
	#stepSinceMs = 0;
	/** What the wait for the first item has taken, in so far as nobody waits at this moment. */
	#firstItemTookMs = 0;
	#hadItem = false;
	/** The largest share of a limit on an item that was used. */
	#stepShare = 0;
	#source: WeakRef<TimedSource> | undefined;

	constructor(limits: Limits, call: Call) {
		super();
		this.#limits = limits;
		this.#name = call.name;
		this.#scope = call.scope;
		this.#attempt = call.scope.firstAttempt;
		this.#around = call.scope.unfinished;
		this.#callsBefore = this.#calls;
		this.#startMs = readMonotonic(limits.clock);
		limits.whole?.queue.add(this, limits.whole.ms, this.#startMs);
		if (limits.firstItem !== undefined) this.#beginStep(this.#startMs);
	}

	/** What the call failed with; undefined as long as it has kept its limits. */
	get error(): TimeoutError | undefined {
		return this.#error;
	}

	/**
	 * Makes the call; a promise of what it gives in time.
	 *
	 * @param isSpreadable - whether `next` may spread the call it is given
	 */
	run(call: Call, next: Handler, isSpreadable: boolean): Promise<unknown> {
		let result: unknown;
		try {
			result = next(this.#inner(call, isSpreadable));
			if (!isThenable(result)) return Promise.resolve(this.#arrived(result, call));
		} catch (error) {
			this.#settle();
			return Promise.reject(error);
		}
		const answer = result;
		return new Promise((resolve, reject) => {
			this.#reject = reject;
			try {
				answer.then(
					(value) => {
						if (this.#isOver) late(value, this.#error);
						else resolve(this.#arrived(value, call));
					},
					(error) => this.#failed(error, reject),
				);
			} catch (error) {
				this.#settle();
				reject(error);
			}
		});
	}

	#failed(error: unknown, reject: Reject): void {
		const { whole, clock } = this.#limits;
		// A layer further in may have given up at the same deadline, a little earlier.
		if (error instanceof TimeoutError && whole !== undefined && readMonotonic(clock) >= this.dueMs) this.due();
		this.#settle();
		reject(error);
	}

	#inner(call: Call, isSpreadable: boolean): Call {
		const { whole } = this.#limits;
		const signal = () => this.#signalOf(call);
		const dueMs = whole === undefined ? undefined : this.#startMs + whole.ms;
		return withDeadline(call, dueMs, signal, isSpreadable);
	}

	#signalOf(call: Call): AbortSignal {
		if (this.#signal === undefined) {
			this.#signal = new LazySignal();
			if (this.#error !== undefined) this.#signal.abort(this.#error);
		}
		return this.#signal.get(() => call.signal);
	}

	#arrived(value: unknown, call: Call): unknown {
		this.#reject = undefined;
		if (value === null || typeof value !== "object" || !isStream(value)) {
			this.#settle();
			return value;
		}
		if (this.#step !== undefined) this.#endStep(readMonotonic(this.#limits.clock));
		try {
			return hearEnd(timedStream(value, this), call, { ended: () => this.#settle() });
		} catch (error) {
			// A stream that cannot be looked at is handed on as it is.
			telemetryFailed("timeout", error);
			this.#settle();
			return value;
		}
	}

	/** True where it matters how long an item takes. */
	get limitsItems(): boolean {
		return this.#limits.firstItem !== undefined || this.#limits.idle !== undefined;
	}

	get #calls(): number {
		return (this.#scope.attemptOf ?? this.#scope).attempts;
	}

	/** Keeps what closes the stream: the stream holds it, and not the other way round. */
	closedBy(source: TimedSource): void {
		this.#source = new WeakRef(source);
	}

	/** A consumer waits for an item from now on; `reject` is how it hears that none came in time. */
	awaits(reject: Reject): void {
		if (this.#isOver) return;
		this.#waiting ??= new Set();
		this.#waiting.add(reject);
		if (this.#waiting.size === 1) this.#beginStep(readMonotonic(this.#limits.clock));
	}

	/** An item came for one who waited, or nobody waits for it any more. */
	answered(reject: Reject, hasItem: boolean): void {
		const waiting = this.#waiting;
		if (waiting === undefined || !waiting.delete(reject) || this.#isOver) return;
		if (this.#step === undefined) {
			this.#hadItem ||= hasItem;
			if (waiting.size > 0) this.#beginStep(readMonotonic(this.#limits.clock));
			return;
		}
		const nowMs = readMonotonic(this.#limits.clock);
		this.#endStep(nowMs);
		this.#hadItem ||= hasItem;
		if (waiting.size > 0) this.#beginStep(nowMs);
	}

	get #stepLimit(): Limit | undefined {
		return this.#hadItem ? this.#limits.idle : this.#limits.firstItem;
	}

	#beginStep(nowMs: number): void {
		const limit = this.#stepLimit;
		if (limit === undefined) return;
		const leftMs = this.#hadItem ? limit.ms : Math.max(0, limit.ms - this.#firstItemTookMs);
		this.#stepSinceMs = nowMs;
		this.#step ??= new StepLimit(this);
		limit.queue.add(this.#step, leftMs, nowMs);
	}

	#endStep(nowMs: number): void {
		const step = this.#step;
		const limit = this.#stepLimit;
		if (step === undefined || limit === undefined) return;
		limit.queue.remove(step);
		this.#step = undefined;
		let tookMs = nowMs - this.#stepSinceMs;
		if (!this.#hadItem) {
			this.#firstItemTookMs += tookMs;
			tookMs = this.#firstItemTookMs;
		}
		this.#stepShare = Math.max(this.#stepShare, tookMs / limit.ms);
	}

	/** The whole call has taken too long. */
	due(): void {
		this.#expire("result", this.#limits.whole);
	}

	/** An item has taken too long. */
	stepIsDue(): void {
		this.#expire(this.#hadItem ? "next_item" : "first_item", this.#stepLimit);
	}

	/** The call has ended within its limits, however it ended. */
	#settle(): void {
		if (this.#isOver) return;
		const meter = this.#limits.meter();
		if (meter !== undefined) {
			const { whole, clock } = this.#limits;
			const nowMs = readMonotonic(clock);
			this.#endStep(nowMs);
			const share = whole === undefined ? 0 : (nowMs - this.#startMs) / whole.ms;
			meter.completed(Math.max(share, this.#stepShare));
		}
		this.#leave();
	}

	#leave(): void {
		this.#isOver = true;
		this.#reject = undefined;
		this.#limits.whole?.queue.remove(this);
		if (this.#step !== undefined) this.#stepLimit?.queue.remove(this.#step);
	}

	#expire(awaited: AwaitedInTime, limit: Limit | undefined): void {
		if (this.#isOver || limit === undefined) return;
		const error = new TimeoutError(this.#name, limit.ms, { awaited });
		this.#error = error;
		const reject = this.#reject;
		const waiting = this.#waiting;
		this.#waiting = undefined;
		this.#leave();
		giveUpInside(this.#scope, this.#around, error);
		this.#tell(limit.ms, awaited);
		reject?.(error);
		if (waiting !== undefined) for (const rejectOne of waiting) rejectOne(error);
		this.#signal?.abort(error);
		this.#source?.deref()?.close(error);
	}

	#tell(limitMs: number, awaited: AwaitedInTime): void {
		// Where the function has not been called nothing goes on that could hear.
		const heard = this.#signal?.isHeard === true || this.#calls === this.#callsBefore;
		this.#limits.meter()?.expired(heard);
		// An attempt that was given up before has its span, which has ended.
		if (this.#scope.span === undefined || this.#attempt?.ended === true) return;
		this.#scope.setAttributes({
			"timeout.limit_ms": limitMs,
			"timeout.awaited": awaited,
			"timeout.heard": heard,
		});
	}
}

/** What comes too late is nobody's: a stream is closed, the rest is let go. */
function late(value: unknown, error: unknown): void {
	if (isStream(value)) giveUpStream(value, error);
}
