// Over 250 lines: all that must be true of an exporter, written down once.
import { isDeepStrictEqual } from "node:util";
import type { ManualClock } from "@footlight/core/testing";
import type { Batch, BatchReceipt, ExporterSnapshot, Priority } from "../buffered.ts";

/** What an exporter did that it must not. */
export class Violation extends Error {}

export interface Case {
	readonly maxItems: number;
	readonly maxBytes: number | undefined;
	readonly batchSize: number;
	readonly batchBytes: number | undefined;
	readonly concurrency: number;
	readonly timeoutMs: number;
	readonly maxAttempts: number;
	readonly closeHangs: boolean;
}

export const maxDelayMs = 15;
export const backoffMs = 8;
export const pauseMs = 20;
export const highWaterRatio = 0.8;
export const priorities: readonly Priority[] = ["low", "normal", "high", "critical"];

export interface Item {
	readonly id: number;
	readonly rank: number;
	readonly key: string | undefined;
	readonly bytes: number;
}

/** How a write of the sink ends. */
export type Ending =
	| "ok"
	| "rejects_some"
	| "transient"
	| "asks_for_30"
	| "final"
	| "unreachable"
	| "unauthorized"
	| "too_large";

type State = "waiting" | "flying" | "delivered" | (string & {});

interface Known extends Item {
	state: State;
	/** The text that it comes with. */
	textOfKey: string | undefined;
}

/** One call of the sink, until it is settled. */
export interface Attempt {
	readonly of: Flight;
	readonly startMs: number;
	readonly signal: AbortSignal;
	isOver: boolean;
	settle(ending: Ending): void;
}

interface Flight {
	/** Of the batch that is on its way; undefined for a half that is to go. */
	id: string | undefined;
	items: readonly Known[];
	/** Those that go after them. */
	readonly parts: (readonly Known[])[];
	attempt: Attempt | undefined;
	/** Attempts of this round. */
	attempts: number;
	/** When the next attempt must begin. */
	nextMs: number;
	/** True between two rounds of attempts, where the sink did not ask for a time. */
	isPause: boolean;
	isOver: boolean;
}

interface Flush {
	readonly upTo: number;
	readonly dueMs: number;
	expected: boolean | "either" | undefined;
	result: boolean | undefined;
}

export function errorOf(ending: Ending): unknown {
	switch (ending) {
		case "transient":
			return Object.assign(new Error("away"), { status: 503 });
		case "asks_for_30":
			return Object.assign(new Error("busy"), { status: 429, headers: { "retry-after-ms": 30 } });
		case "unreachable":
			return Object.assign(new Error("open"), { code: "ECONNREFUSED" });
		case "unauthorized":
			return Object.assign(new Error("who?"), { cause: Object.assign(new Error("who?"), { status: 401 }) });
		case "too_large":
			return Object.assign(new Error("less"), { answeredStatus: 413 });
		default:
			return Object.assign(new Error("no"), { status: 400 });
	}
}

/** Knows of every item what became of it, from what the exporter was asked and what its sink was given. */
export class Truth {
	readonly given: Case;
	readonly clock: ManualClock;
	/** In order of acceptance. */
	readonly items: Known[] = [];
	readonly flights: Flight[] = [];
	readonly attempts: Attempt[] = [];
	readonly lost: Record<string, number> = {};
	readonly flushes: Flush[] = [];
	closing: { readonly startMs: number; readonly timeoutMs: number; stoppedMs: number | undefined } | undefined;
	sinkCloses = 0;
	highWaters = 0;
	/** When there was no room last. */
	overflowMs = 0;
	isArmed = true;
	#violation: Violation | undefined;
	#due = 0;
	#alarmMs: number | undefined;
	/** How the next write ends before it gives a promise, where it does. */
	nextEnding: { readonly how: Ending; readonly throws: boolean } | undefined;

	constructor(given: Case, clock: ManualClock) {
		this.given = given;
		this.clock = clock;
	}

	get nowMs(): number {
		return this.clock.monotonicMs();
	}

	get #maxBytes(): number {
		return this.given.maxBytes ?? Number.POSITIVE_INFINITY;
	}

	inState(...states: State[]): Known[] {
		return this.items.filter(({ state }) => states.includes(state));
	}

	get live(): Attempt[] {
		return this.attempts.filter(({ isOver }) => !isOver);
	}

	get isStopped(): boolean {
		return this.closing?.stoppedMs !== undefined;
	}

	// What the exporter is asked.

	/** Says whether an item is taken, and what is shed for it. */
	emit(item: Item): string | undefined {
		this.catchUp();
		const refusal = this.closing === undefined ? this.#admit(item) : "already_shutdown";
		if (refusal !== undefined) {
			this.#lose(1, refusal);
			return refusal;
		}
		this.items.push({ ...item, state: "waiting", textOfKey: undefined });
		this.#alarmMs ??= this.nowMs + maxDelayMs;
		if (this.isArmed && this.#isFilledTo(highWaterRatio)) {
			this.isArmed = false;
			this.highWaters++;
		}
		return undefined;
	}

	#admit({ rank, bytes }: Item): string | undefined {
		const { maxItems } = this.given;
		if (bytes > this.#maxBytes) return "item_too_large";
		const held = this.inState("waiting", "flying");
		const shed = new Set<Known>();
		const candidates = this.inState("waiting")
			.filter((one) => one.rank <= rank)
			.sort((one, other) => one.rank - other.rank || this.items.indexOf(one) - this.items.indexOf(other));
		const isFull = () => {
			const kept = held.filter((one) => !shed.has(one));
			return kept.length >= maxItems || sumOf(kept) + bytes > this.#maxBytes;
		};
		while (isFull()) {
			const next = candidates.shift();
			if (next === undefined) return "queue_full";
			shed.add(next);
		}
		for (const one of shed) one.state = "queue_full";
		if (shed.size > 0) this.#lose(shed.size, "queue_full");
		return undefined;
	}

	flush(timeoutMs: number): Flush {
		this.catchUp();
		this.#due = this.items.length;
		const flush: Flush = {
			upTo: this.items.length,
			dueMs: this.nowMs + timeoutMs,
			expected: undefined,
			result: undefined,
		};
		this.flushes.push(flush);
		return flush;
	}

	close(timeoutMs: number): void {
		this.catchUp();
		this.#due = this.items.length;
		this.closing = { startMs: this.nowMs, timeoutMs, stoppedMs: undefined };
		for (const flight of this.flights) {
			if (flight.isPause && flight.attempt === undefined) flight.nextMs = this.nowMs;
		}
	}

	/** By when a close has to be over. */
	get closedByMs(): number | undefined {
		const { closing } = this;
		if (closing?.stoppedMs === undefined) return undefined;
		return this.given.closeHangs ? closing.stoppedMs + closing.timeoutMs * 0.1 : closing.stoppedMs;
	}

	// What the sink is given.

	write(batch: Batch<Item>, signal: AbortSignal): Promise<BatchReceipt | undefined> | BatchReceipt | undefined {
		try {
			this.catchUp();
			const attempt = this.#begin(batch, signal);
			const next = this.nextEnding;
			this.nextEnding = undefined;
			if (next === undefined) {
				return new Promise((resolve, reject) => {
					attempt.settle = (ending) => {
						const outcome = this.#settle(attempt, ending);
						if (outcome.error === undefined) resolve(outcome.receipt);
						else reject(outcome.error);
					};
				});
			}
			const { error, receipt } = this.#settle(attempt, next.how);
			if (error !== undefined && next.throws) throw error;
			return error === undefined ? receipt : Promise.reject(error);
		} catch (error) {
			if (error instanceof Violation) this.#violation ??= error;
			throw error;
		}
	}

	#begin(batch: Batch<Item>, signal: AbortSignal): Attempt {
		if (this.isStopped) throw new Violation("the sink is given a batch after it was stopped");
		let flight = this.flights.find(({ id }) => id === batch.id);
		flight ??= this.flights.find(({ id, items }) => id === undefined && items[0]?.id === batch.items[0]?.id);
		if (flight === undefined) flight = this.#takeOff(batch);
		else this.#tryAgain(flight, batch);
		flight.id = batch.id;
		flight.attempts++;
		flight.isPause = false;
		const attempt: Attempt = { of: flight, startMs: this.nowMs, signal, isOver: false, settle: () => {} };
		flight.attempt = attempt;
		this.attempts.push(attempt);
		if (signal.aborted) throw new Violation("an attempt begins with a signal that is aborted");
		return attempt;
	}

	#tryAgain(flight: Flight, { items, keys }: Batch<Item>): void {
		const texts = flight.items.map(({ textOfKey }) => textOfKey);
		const ids = flight.items.map(({ id }) => id);
		if (!isDeepStrictEqual([ids, texts], [items.map(({ id }) => id), keys])) {
			throw new Violation("another attempt at a batch has other items or keys");
		}
		if (flight.isOver) throw new Violation("a batch is given again though it is settled");
		if (flight.attempt !== undefined) throw new Violation("two attempts at one batch at once");
		if (this.nowMs !== flight.nextMs) {
			throw new Violation(`another attempt begins at ${this.nowMs} ms, not at ${flight.nextMs}`);
		}
	}

	#takeOff({ id, items, keys }: Batch<Item>): Flight {
		const known = items.map((item) => {
			const one = this.items.find((candidate) => candidate.id === item.id);
			if (one?.state !== "waiting") throw new Violation(`an item is given to the sink though it is ${one?.state}`);
			return one;
		});
		if (known.length === 0) throw new Violation("a batch is empty");
		const { concurrency } = this.given;
		const flying = this.flights.filter(({ isOver }) => !isOver);
		if (flying.length >= concurrency) throw new Violation("more batches in flight than may be");
		this.#checkLimits(known);
		this.#checkOrder(known, flying);
		this.#checkReason(known);
		for (const [index, one] of known.entries()) {
			one.state = "flying";
			one.textOfKey = keys[index];
		}
		const texts = new Set(this.items.flatMap(({ textOfKey }) => textOfKey ?? []));
		if (texts.size !== this.items.filter(({ textOfKey }) => textOfKey !== undefined).length) {
			throw new Violation("two items have one key");
		}
		const flight: Flight = {
			id,
			items: known,
			parts: [],
			attempt: undefined,
			attempts: 0,
			nextMs: 0,
			isPause: false,
			isOver: false,
		};
		this.flights.push(flight);
		return flight;
	}

	#checkLimits(batch: readonly Known[]): void {
		const { batchSize, batchBytes = Number.POSITIVE_INFINITY } = this.given;
		if (batch.length > batchSize) throw new Violation("a batch has more items than it may");
		if (batch.length > 1 && sumOf(batch) > batchBytes) throw new Violation("a batch has more bytes than it may");
	}

	/** None is overtaken by one of its key; without keys, and with one lane, by none at all. */
	#checkOrder(batch: readonly Known[], flying: readonly Flight[]): void {
		const order = batch.map((one) => this.items.indexOf(one));
		if (order.some((index, place) => index < (order[place - 1] ?? -1))) throw new Violation("order within a batch");
		for (const one of batch) {
			for (const other of this.items.slice(0, this.items.indexOf(one))) {
				if (batch.includes(other)) continue;
				const isOvertaken = other.state === "waiting" || other.state === "flying";
				if (one.key !== undefined && other.key === one.key && isOvertaken) throw new Violation("order of a key");
				const isLine = this.given.concurrency === 1 || (one.key === undefined && other.key === undefined);
				if (isLine && other.state === "waiting") throw new Violation("order of acceptance");
			}
			if (one.key === undefined) continue;
			if (flying.some(({ items, parts }) => [...items, ...parts.flat()].some(({ key }) => key === one.key))) {
				throw new Violation("order of a key: two batches in flight have it");
			}
		}
	}

	/** A batch goes because it is full, or because the time of its first item is over. */
	#checkReason(batch: readonly Known[]): void {
		const { batchSize, batchBytes } = this.given;
		const first = batch[0] as Known;
		const isDue = this.items.indexOf(first) < this.#due;
		const mayBeFull = batchBytes !== undefined && sumOf(this.inState("waiting")) >= batchBytes;
		if (!isDue && batch.length < batchSize && !mayBeFull) throw new Violation("a batch goes before its time");
	}

	// What becomes of it.

	#settle(attempt: Attempt, ending: Ending): { readonly error?: unknown; readonly receipt?: BatchReceipt } {
		this.catchUp();
		attempt.isOver = true;
		const flight = attempt.of;
		const isHeard = flight.attempt === attempt && !this.isStopped;
		const { items } = flight;
		const rejected = ending === "rejects_some" ? items.flatMap((_, index) => (index % 2 === 0 ? [index] : [])) : [];
		if (isHeard) {
			flight.attempt = undefined;
			if (ending === "ok" || ending === "rejects_some") {
				this.#end(flight, (index) => (rejected.includes(index) ? "rejected" : "delivered"));
			} else if (ending === "final") this.#end(flight, () => "400");
			else if (ending === "too_large" && items.length === 1) this.#end(flight, () => "413");
			else if (ending === "too_large") {
				const half = Math.ceil(items.length / 2);
				flight.parts.unshift(items.slice(0, half), items.slice(half));
				this.#goOn(flight);
			} else this.#waitAgain(flight, this.nowMs, ending === "asks_for_30" ? 30 : undefined);
			this.catchUp();
		}
		if (ending === "ok") return {};
		return ending === "rejects_some" ? { receipt: { rejected, reason: "no room" } } : { error: errorOf(ending) };
	}

	#end(flight: Flight, stateOf: (index: number) => State): void {
		for (const [index, item] of flight.items.entries()) {
			item.state = stateOf(index);
			if (item.state !== "delivered") this.#lose(1, item.state);
		}
		this.#goOn(flight);
		if (!this.isArmed && !this.#isFilledTo(highWaterRatio / 2)) this.isArmed = true;
	}

	/** The next half of what was too large, as a batch of its own. */
	#goOn(flight: Flight): void {
		const next = flight.parts.shift();
		if (next === undefined) flight.isOver = true;
		else Object.assign(flight, { id: undefined, items: next, attempts: 0, nextMs: this.nowMs, isPause: false });
	}

	#waitAgain(flight: Flight, sinceMs: number, askedMs?: number): void {
		const isRoundOver = flight.attempts >= this.given.maxAttempts;
		if (isRoundOver) flight.attempts = 0;
		flight.isPause = isRoundOver && askedMs === undefined;
		flight.nextMs = sinceMs + (askedMs ?? (isRoundOver ? pauseMs : backoffMs));
	}

	#lose(items: number, type: string): void {
		if (type === "queue_full") this.overflowMs = this.nowMs;
		this.lost[type] = (this.lost[type] ?? 0) + items;
	}

	#isFilledTo(ratio: number): boolean {
		const held = this.inState("waiting", "flying");
		const bytes = sumOf(held);
		const { maxItems } = this.given;
		return (held.length > 0 && held.length >= ratio * maxItems) || (bytes > 0 && bytes >= ratio * this.#maxBytes);
	}

	/** Takes in what time has done since it was last looked at. */
	catchUp(): void {
		const { nowMs, closing } = this;
		if (this.#alarmMs !== undefined && this.#alarmMs <= nowMs && !this.isStopped) {
			this.#alarmMs = undefined;
			this.#due = this.items.length;
		}
		const flushedMs = closing === undefined ? undefined : closing.startMs + closing.timeoutMs * 0.9;
		for (const flight of this.flights) {
			const { attempt } = flight;
			if (attempt === undefined || this.isStopped) continue;
			const expiredMs = attempt.startMs + this.given.timeoutMs;
			if (expiredMs > nowMs || expiredMs >= (flushedMs ?? Number.POSITIVE_INFINITY)) continue;
			flight.attempt = undefined;
			this.#waitAgain(flight, expiredMs);
		}
		for (const flush of this.flushes) {
			if (flush.expected !== undefined) continue;
			const isLeft = this.items.slice(0, flush.upTo).some(({ state }) => state === "waiting" || state === "flying");
			// In the very moment of its deadline either may come first.
			if (!isLeft) flush.expected = nowMs === flush.dueMs ? "either" : true;
			else if (nowMs > flush.dueMs) flush.expected = false;
		}
		if (closing === undefined || flushedMs === undefined || closing.stoppedMs !== undefined) return;
		const left = this.inState("waiting", "flying");
		if (left.length === 0) closing.stoppedMs = nowMs;
		else if (nowMs >= flushedMs) {
			closing.stoppedMs = flushedMs;
			this.#lose(left.length, "shutdown");
		}
	}

	// What the exporter says.

	/** What must hold after every step. */
	check(snapshot: ExporterSnapshot): void {
		this.catchUp();
		if (this.#violation !== undefined) throw this.#violation;
		const left = this.inState("waiting", "flying");
		same(
			"counts",
			{ accepted: this.items.length, delivered: this.inState("delivered").length },
			{
				accepted: snapshot.accepted,
				delivered: snapshot.delivered,
			},
		);
		same("counts of the lost", this.lost, snapshot.lost);
		// What is left at the end is counted as lost.
		const held = this.isStopped ? [] : left;
		same(
			"counts of the left",
			{ left: held.length, bytes: sumOf(held), size: held.length },
			{ left: snapshot.left, bytes: snapshot.bytes, size: snapshot.size },
		);
		same("counts in flight", held.filter(({ state }) => state === "flying").length, snapshot.inFlight);
		if (snapshot.size > this.given.maxItems || snapshot.bytes > this.#maxBytes) throw new Violation("beyond its bound");
		this.#checkLiveness();
		const { nowMs } = this;
		for (const [index, { expected, dueMs, result }] of this.flushes.entries()) {
			if (expected !== "either" && nowMs !== dueMs) same(`flush ${index}`, expected, result);
			else if (nowMs > dueMs && result === undefined) throw new Violation(`flush ${index} does not end`);
		}
		for (const { attempt } of this.flights) {
			const isOver = this.isStopped || (attempt && this.nowMs >= attempt.startMs + this.given.timeoutMs);
			if (attempt !== undefined && attempt.signal.aborted !== isOver) throw new Violation("the signal of an attempt");
		}
	}

	#checkLiveness(): void {
		if (this.isStopped) return;
		const { nowMs } = this;
		for (const { isOver, attempt, nextMs } of this.flights) {
			if (!isOver && attempt === undefined && nextMs <= nowMs) throw new Violation("a batch is not tried again");
		}
		const flying = this.flights.filter(({ isOver }) => !isOver);
		if (flying.length === this.given.concurrency) return;
		const { batchSize, batchBytes = Number.POSITIVE_INFINITY } = this.given;
		// Where a lane is free it could be given any item without a key; where all are, any item at all.
		const could = this.inState("waiting").filter(({ key }) => key === undefined || flying.length === 0);
		const line = this.given.concurrency === 1 ? could : could.filter(({ key }) => key === undefined);
		if (line.length >= batchSize || sumOf(line) >= batchBytes) throw new Violation("a full batch does not go");
		if (could.some((one) => this.items.indexOf(one) < this.#due))
			throw new Violation("an item whose time is over waits");
	}
}

function sumOf(items: readonly Item[]): number {
	return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function same(what: string, expected: unknown, actual: unknown): void {
	if (isDeepStrictEqual(expected, actual)) return;
	throw new Violation(`${what}: should be ${JSON.stringify(expected)}, is ${JSON.stringify(actual)}`);
}
