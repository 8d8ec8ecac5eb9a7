const brand = Symbol.for("footlight.error");

/** Stable codes of Footlight's errors: compare these, not messages. */
export type ErrorCode =
	| "timeout"
	| "interrupted"
	| "cancelled"
	| "circuit_open"
	| "rate_limited"
	| "bulkhead_full"
	| "buffer_full"
	| "queue_full"
	| "queue_closed"
	| "unauthorized"
	| "budget_exceeded"
	| "step_limit"
	| "edge_failed"
	| "not_exported"
	| "disk_full"
	| "spool_failed"
	| "spool_locked";

/**
 * An error that Footlight raised itself; errors of the user's code pass through untouched.
 *
 * The code leads the message, so any log line shows it, and `FootlightError.is` works across copies of the package.
 */
export class FootlightError extends Error {
	readonly code: ErrorCode;
	// A field is defined, not assigned: where the prototype of all errors is frozen, an assignment throws.
	override name: string = this.constructor.name;

	static {
		// On the prototype: on each error it would cost as much as all the rest.
		Object.defineProperty(FootlightError.prototype, brand, { value: true });
	}

	constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
		super(`[${code}] ${message}`, options);
		this.code = code;
	}

	static is(error: unknown): error is FootlightError {
		return typeof error === "object" && error !== null && (error as { [brand]?: unknown })[brand] === true;
	}
}

/**
 * Makes an error that has no stack, at a tenth of the price: for refusals, which come by the thousand where things go wrong,
 * and whose stack would show nothing but this package.
 */
export function withoutStack<E extends FootlightError>(make: () => E): E {
	const limit = Error.stackTraceLimit;
	try {
		// No number: with 0 an empty stack is captured, which costs as much as the rest of the error.
		Error.stackTraceLimit = undefined as unknown as number;
	} catch {
		// Where the globals are frozen, it has one.
		return make();
	}
	try {
		const error = make();
		error.stack = `${error.name}: ${error.message}`;
		return error;
	} finally {
		Error.stackTraceLimit = limit;
	}
}

/** A call did not settle in time. */
export class TimeoutError extends FootlightError {
	readonly timeoutMs: number;

	constructor(name: string, timeoutMs: number, options: ErrorOptions & { readonly awaited?: AwaitedInTime } = {}) {
		const { awaited = "result" } = options;
		super("timeout", `${name} ${notInTime[awaited]} within ${timeoutMs} ms`, options);
		this.timeoutMs = timeoutMs;
	}
}

/** What a time limit waits for. */
export type AwaitedInTime = "result" | "first_item" | "next_item";

const notInTime: Readonly<Record<AwaitedInTime, string>> = {
	result: "did not settle",
	first_item: "gave no first item",
	next_item: "gave no further item",
};

/** A call was refused before it began: by an open breaker, a limit, a full bulkhead, a missing permission. */
export class RejectedError extends FootlightError {
	/** When to try again, in milliseconds from now; absent where nobody knows. */
	declare readonly retryAfterMs?: number;

	constructor(
		code:
			| "circuit_open"
			| "rate_limited"
			| "bulkhead_full"
			| "buffer_full"
			| "queue_full"
			| "unauthorized"
			| "budget_exceeded",
		message: string,
		options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
	) {
		super(code, message, options);
		if (options?.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
	}
}

/** A call was refused because its breaker is open: what it would call fails again and again. */
export class CircuitOpenError extends RejectedError {
	declare readonly retryAfterMs?: number;
	readonly circuitBreakerName: string;

	/**
	 * @param retryAfterMs - when the breaker lets a probe through; undefined where it waits for somebody to close it
	 * @param options - `state` says what the breaker is, where it is not simply open
	 */
	constructor(
		circuitBreakerName: string,
		retryAfterMs: number | undefined,
		options?: ErrorOptions & { readonly state?: "open" | "half_open" | "forced_open" },
	) {
		const state = options?.state ?? "open";
		const until = retryAfterMs === undefined ? "" : ` for another ${Math.ceil(retryAfterMs)} ms`;
		const is = state === "open" ? `is open${until}` : notPassable[state];
		super("circuit_open", `circuit breaker ${circuitBreakerName} ${is}`, options);
		if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
		this.circuitBreakerName = circuitBreakerName;
	}
}

const notPassable = {
	half_open: "is half-open, and as many probes run as may",
	forced_open: "is forced open",
} as const;

/** A call was refused because as many calls run, and wait, as may. */
export class BulkheadFullError extends RejectedError {
	readonly bulkheadName: string;

	constructor(bulkheadName: string, message: string, options?: ErrorOptions) {
		super("bulkhead_full", `bulkhead ${bulkheadName}: ${message}`, options);
		this.bulkheadName = bulkheadName;
	}
}

/** An item was refused because its queue is full. */
export class QueueFullError extends RejectedError {
	readonly queueName: string;
	readonly capacity: number;

	constructor(queueName: string, capacity: number, options?: ErrorOptions) {
		super("queue_full", `queue ${queueName} is full: it has room for ${capacity} items`, options);
		this.queueName = queueName;
		this.capacity = capacity;
	}
}

/** An item was refused because its queue is closed; what that failed with is the cause. Nobody wants more: outcome `cancelled`. */
export class QueueClosedError extends FootlightError {
	readonly queueName: string;

	constructor(queueName: string, options?: ErrorOptions) {
		super("queue_closed", `queue ${queueName} is closed`, options);
		this.queueName = queueName;
	}
}

/** A chunk was refused because a buffer has no room for it. */
export class BufferFullError extends RejectedError {
	readonly bufferName: string;

	constructor(bufferName: string, message: string, options?: ErrorOptions) {
		super("buffer_full", `buffer ${bufferName}: ${message}`, options);
		this.bufferName = bufferName;
	}
}

/** A call was refused because its key has made as many as it may in a window. */
export class RateLimitedError extends RejectedError {
	declare readonly retryAfterMs?: number;
	readonly policyName: string;
	/** Which of the policy's windows is used up. */
	readonly limitType: string;
	/** Calls that the window allows. */
	readonly limit: number;
	#said: object | undefined;

	/** @param retryAfterMs - when the key's next call is let through; undefined where the limiter does not say */
	constructor(
		policyName: string,
		limitType: string,
		limit: number,
		retryAfterMs: number | undefined,
		options?: ErrorOptions,
	) {
		super("rate_limited", `rate limit ${policyName}: ${limit} per ${limitType} are used up`, options);
		if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
		this.policyName = policyName;
		this.limitType = limitType;
		this.limit = limit;
	}

	/** Has an error remember what the limiter said: in a map it would cost as much as all the rest. @internal */
	static remember(error: RateLimitedError, said: object): void {
		error.#said = said;
	}

	/** What the limiter said; undefined where nobody has told. @internal */
	static said(error: RateLimitedError): object | undefined {
		return #said in error ? error.#said : undefined;
	}
}

/** A call was refused because the money it may spend is spent. */
export class BudgetExceededError extends RejectedError {
	readonly budgetName: string;
	readonly limitUsd: number;
	/** What had been spent when the call was refused: calls that ran at that time may add to it. */
	readonly spentUsd: number;

	constructor(budgetName: string, limitUsd: number, spentUsd: number, options?: ErrorOptions) {
		super("budget_exceeded", `budget ${budgetName}: ${spentUsd} of ${limitUsd} US dollars are spent`, options);
		this.budgetName = budgetName;
		this.limitUsd = limitUsd;
		this.spentUsd = spentUsd;
	}
}

/** A call was given up because its consumer no longer wants it. */
export class CancelledError extends FootlightError {
	constructor(name: string, options?: ErrorOptions) {
		super("cancelled", `${name} was cancelled`, options);
	}
}

/** A call paused to wait for somebody: not a failure, and never retried. */
export class InterruptedError extends FootlightError {
	constructor(message: string, options?: ErrorOptions) {
		super("interrupted", message, options);
	}
}
