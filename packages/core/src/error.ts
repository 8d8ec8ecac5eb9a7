const brand = Symbol.for("footlight.error");

/** Stable codes of Footlight's errors: compare these, not messages. */
export type ErrorCode =
	| "timeout"
	| "interrupted"
	| "cancelled"
	| "circuit_open"
	| "rate_limited"
	| "bulkhead_full"
	| "unauthorized"
	| "budget_exceeded"
	| "step_limit"
	| "edge_failed";

/**
 * An error that Footlight raised itself; errors of the user's code pass through untouched.
 *
 * The code leads the message, so any log line shows it, and `FootlightError.is` works across copies of the package.
 */
export class FootlightError extends Error {
	readonly code: ErrorCode;

	constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
		super(`[${code}] ${message}`, options);
		// Where the prototype of all errors is frozen, an assignment throws.
		Object.defineProperty(this, "name", {
			value: new.target.name,
			writable: true,
			enumerable: true,
			configurable: true,
		});
		this.code = code;
		Object.defineProperty(this, brand, { value: true });
	}

	static is(error: unknown): error is FootlightError {
		return typeof error === "object" && error !== null && (error as { [brand]?: unknown })[brand] === true;
	}
}

/** A call did not settle in time. */
export class TimeoutError extends FootlightError {
	readonly timeoutMs: number;

	constructor(name: string, timeoutMs: number, options?: ErrorOptions) {
		super("timeout", `${name} did not settle within ${timeoutMs} ms`, options);
		this.timeoutMs = timeoutMs;
	}
}

/** A call was refused before it began: by an open breaker, a limit, a full bulkhead, a missing permission. */
export class RejectedError extends FootlightError {
	/** When to try again, in milliseconds from now; absent where nobody knows. */
	declare readonly retryAfterMs?: number;

	constructor(
		code: "circuit_open" | "rate_limited" | "bulkhead_full" | "unauthorized" | "budget_exceeded",
		message: string,
		options: ErrorOptions & { readonly retryAfterMs?: number } = {},
	) {
		super(code, message, options);
		if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
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
