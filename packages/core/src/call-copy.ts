import type { Call, CallKind, CallValues, Definition } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { CorrelationIds } from "./correlation.ts";
import type { Handler } from "./middleware.ts";
import type { Scope } from "./scope.ts";

const discreet = new WeakSet<Handler>();

/** Says of a handler that it shows calls to nobody who could spread them: a copy for it costs a third. */
export function showsNobody(handler: Handler): Handler {
	discreet.add(handler);
	return handler;
}

/** True for a handler that may spread a call, or hand it to somebody who does. */
export function maySpread(handler: Handler): boolean {
	return !discreet.has(handler);
}

/** When a call is given up; asked for anew where that may change while it goes on: somebody joins it who has more time. */
export type Deadline = number | undefined | (() => number | undefined);

/** The deadline of a call as it is handed on: one that may change still does further in. */
export function deadlineOf(call: Call): Deadline {
	return CallCopy.deadlineOf(call);
}

/** A copy of a call for a scope of its own; a signal that is made when somebody asks for it stays so, unlike in a spread. */
export function withScope(call: Call, scope: Scope): Call {
	return new CallCopy(call, scope, call.attempt, deadlineOf(call), () => call.signal);
}

/**
 * A copy of a call that is given up at a time, or with the call itself where that is earlier; its signal is made when
 * somebody asks for it.
 *
 * @param isSpreadable - false where nobody spreads it: see {@link maySpread}
 */
export function withDeadline(call: Call, limitMs: number | undefined, signal: Signal, isSpreadable = true): Call {
	const Copy = isSpreadable ? CallCopy : DiscreetCopy;
	return new Copy(call, call.scope, call.attempt, earlier(deadlineOf(call), limitMs), signal);
}

/** A copy of a call that has another deadline in place of its own, one that may change. */
export function withMovingDeadline(call: Call, deadline: () => number | undefined, signal: Signal): Call {
	return new CallCopy(call, call.scope, call.attempt, deadline, signal);
}

/** A copy of a call that hands other values inwards. */
export function withValues(call: Call, values: CallValues): Call {
	return new CallCopy(call, call.scope, call.attempt, deadlineOf(call), () => call.signal, true, values);
}

/** Holds what is called in a scope from now on to a time; an earlier one it is held to already stays. */
export function holdTo(scope: Scope, deadlineMs: number): void {
	const { call } = scope;
	scope.call = withDeadline(call, deadlineMs, () => call.signal);
}

function earlier(deadline: Deadline, limitMs: number | undefined): Deadline {
	if (limitMs === undefined || deadline === undefined) return limitMs ?? deadline;
	if (typeof deadline === "number") return Math.min(limitMs, deadline);
	return () => Math.min(limitMs, deadline() ?? limitMs);
}

/** A copy of a call for one of several attempts, with a scope and a signal of its own. */
export function withAttempt(call: Call, attempt: number, scope: Scope, signal: Signal): Call {
	return new CallCopy(call, scope, attempt, deadlineOf(call), signal);
}

type Signal = () => AbortSignal | undefined;

class CallCopy implements Call {
	readonly kind: CallKind;
	readonly name: string;
	readonly definition: Definition;
	readonly input: readonly unknown[];
	readonly receiver: unknown;
	declare readonly signal: AbortSignal | undefined;
	declare readonly deadlineMs: number | undefined;
	readonly attempt: number;
	readonly ids: CorrelationIds;
	readonly clock: Clock;
	readonly values: CallValues;
	readonly emit: Call["emit"];
	readonly scope: Scope;
	readonly #signal: Signal;
	readonly #deadline: Deadline;

	constructor(
		call: Call,
		scope: Scope,
		attempt: number,
		deadline: Deadline,
		signal: Signal,
		isSpreadable = true,
		values = call.values,
	) {
		this.#signal = signal;
		this.#deadline = deadline;
		this.kind = call.kind;
		this.name = call.name;
		this.definition = call.definition;
		this.input = call.input;
		this.receiver = call.receiver;
		if (typeof deadline === "function") Object.defineProperty(this, "deadlineMs", deadlineProperty);
		else this.deadlineMs = deadline;
		this.attempt = attempt;
		this.ids = call.ids;
		this.clock = call.clock;
		this.values = values;
		this.emit = call.emit;
		this.scope = scope;
		// Of its own, so that a spread takes it along; and one for all, since each getter of its own would be a hidden class.
		if (isSpreadable) Object.defineProperty(this, "signal", signalProperty);
	}

	static signalOf(copy: CallCopy): AbortSignal | undefined {
		return copy.#signal();
	}

	static deadlineOf(call: Call): Deadline {
		return #deadline in call ? call.#deadline : call.deadlineMs;
	}
}

const signalProperty: PropertyDescriptor = {
	enumerable: true,
	get(this: CallCopy) {
		return CallCopy.signalOf(this);
	},
};

const deadlineProperty: PropertyDescriptor = {
	enumerable: true,
	get(this: CallCopy) {
		const deadline = deadlineOf(this);
		return typeof deadline === "function" ? deadline() : deadline;
	},
};

/** One that nobody spreads: its signal is a member of the class. */
class DiscreetCopy extends CallCopy {
	constructor(call: Call, scope: Scope, attempt: number, deadline: Deadline, signal: Signal) {
		super(call, scope, attempt, deadline, signal, false);
	}

	static {
		Object.defineProperty(DiscreetCopy.prototype, "signal", signalProperty);
	}
}
