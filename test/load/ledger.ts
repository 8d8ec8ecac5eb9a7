import { type ClientEnd, clientEnds } from "./request-end.ts";

/** How a call ended for whoever made it. */
export const callEnds = ["ok", "missing", "failed", "timeout", "rejected", "cancelled"] as const;
export type CallEnd = (typeof callEnds)[number];

const unknownEnd = 255;

/** What the client itself knows of its calls and requests, without asking any telemetry. */
export class Ledger {
	readonly calls: number;
	/** Attempts begun: times that the function was called. */
	attempts = 0;
	/** Further attempts that the retry layer announced, by whether their call's trace is sampled. */
	readonly announced = { sampled: 0, all: 0 };
	/** Changes of the breaker's state, by `from to reason`. */
	readonly changes = new Map<string, number>();
	readonly #ends: Uint8Array;
	readonly #isSent: Uint8Array;
	readonly #callOf: Uint32Array;
	readonly #callEnds: Uint8Array;
	readonly #attemptsOf: Uint8Array;
	readonly #isSampled: Uint8Array;

	constructor(calls: number, mostAttempts: number) {
		this.calls = calls;
		this.#ends = new Uint8Array(calls * mostAttempts);
		this.#isSent = new Uint8Array(calls * mostAttempts);
		this.#callOf = new Uint32Array(calls * mostAttempts);
		this.#callEnds = new Uint8Array(calls).fill(unknownEnd);
		this.#attemptsOf = new Uint8Array(calls);
		this.#isSampled = new Uint8Array(calls);
	}

	/** Gives the number of a further attempt of a call. */
	attempt(call: number): number {
		const number = this.attempts++;
		this.#callOf[number] = call;
		this.#attemptsOf[call] = this.attemptsOf(call) + 1;
		return number;
	}

	/** The operating system has taken the whole request. */
	sent(number: number): void {
		this.#isSent[number] = 1;
	}

	ended(number: number, end: ClientEnd): void {
		this.#ends[number] = clientEnds.indexOf(end);
	}

	sampled(call: number): void {
		this.#isSampled[call] = 1;
	}

	callEnded(call: number, end: CallEnd): void {
		this.#callEnds[call] = callEnds.indexOf(end);
	}

	changed(change: string): void {
		this.changes.set(change, (this.changes.get(change) ?? 0) + 1);
	}

	attemptsOf(call: number): number {
		return this.#attemptsOf[call] ?? 0;
	}

	isSampled(call: number): boolean {
		return this.#isSampled[call] === 1;
	}

	endOfCall(call: number): CallEnd | undefined {
		return callEnds[this.#callEnds[call] ?? unknownEnd];
	}

	/** Every attempt, in the order they began. */
	*all(): Generator<{ number: number; call: number; end: ClientEnd; isSent: boolean }> {
		for (let number = 0; number < this.attempts; number++) {
			const end = clientEnds[this.#ends[number] ?? 0] ?? "open";
			yield { number, call: this.#callOf[number] ?? 0, end, isSent: this.#isSent[number] === 1 };
		}
	}

	/** Counts calls. */
	count(matches: (call: number) => boolean): number {
		let found = 0;
		for (let call = 0; call < this.calls; call++) if (matches(call)) found += 1;
		return found;
	}
}
