// Over 250 lines: the rules of a queue in plain arrays are read together.
import type { QueuePolicy } from "../index.ts";
import { type DropReason, dropReasons, noneDropped } from "./tally.ts";

/** What a queue is made with. */
export interface Case {
	readonly capacity: number;
	readonly maxBytes: number | undefined;
	readonly policy: QueuePolicy;
	readonly highWaterRatio: number;
	readonly lowWaterRatio: number;
	readonly eventIntervalMs: number;
}

export interface Item {
	readonly id: number;
	readonly bytes: number;
}

/** What became of a put or a take: a word, or what was taken. */
export type Fate = string;

interface Waiting {
	readonly id: number;
	readonly dueMs: number;
	/** Has a signal. */
	readonly mayAbort: boolean;
}

/** How a put or a take is asked for. */
export interface Wait {
	/** Without options. */
	readonly isPlain: boolean;
	readonly timeoutMs: number | undefined;
	readonly isAborted: boolean;
}

interface Producer extends Waiting {
	readonly item: Item;
}

interface Consumer extends Waiting {
	readonly kind: "one" | "batch";
	/** Which iterator it is a step of. */
	readonly iterator?: number;
}

/** What is not told again for a while. */
type Kind = "drop" | "block" | "throttle";

const never = Number.POSITIVE_INFINITY;
const unlimited = { dueMs: never, mayAbort: false };

/** A queue in plain arrays, as slow as it likes. */
export class Model {
	readonly given: Case;
	nowMs = 0;
	items: Item[] = [];
	producers: Producer[] = [];
	consumers: Consumer[] = [];
	readonly puts: Fate[] = [];
	readonly takes: Fate[] = [];
	readonly over = new Set<number>();
	ending: "closed" | "failed" | undefined;
	isThrottled = false;
	readonly dropped = noneDropped();
	itemsIn = 0;
	itemsOut = 0;
	peak = 0;
	/** Since somebody collected. */
	peakNow = 0;
	blockedPuts = 0;
	blockedMs = 0;
	throttledMs = 0;
	readonly events: string[] = [];
	readonly #maxBytes: number;
	readonly #told = noneDropped();
	#throttledSinceMs = 0;
	#isThrottleTold = false;
	#hasUntoldBlock = false;
	/** When pauses end, by the order in which they began. */
	readonly #pauses = new Map<Kind, number>();

	constructor(given: Case) {
		this.given = given;
		this.#maxBytes = given.maxBytes ?? never;
	}

	get bytes(): number {
		return this.given.maxBytes === undefined ? 0 : this.items.reduce((sum, { bytes }) => sum + bytes, 0);
	}

	put(bytes: number, wait: Wait): void {
		const id = this.puts.length;
		const fate = this.#put({ id, bytes }, wait);
		// An item that waits may have a fate by then: a producer that blocks changes nothing else.
		this.puts[id] = fate;
	}

	#put(item: Item, wait: Wait): Fate {
		const { policy } = this.given;
		if (wait.isAborted) return this.#drop("cancelled", "aborted");
		if (this.ending !== undefined) return this.#drop("closed", "closed");
		if (item.bytes > this.#maxBytes) return this.#drop("rejected", "too large");
		if (this.#hasRoom(item)) return this.#accept(item, "in");
		if (policy === "reject") return this.#drop("rejected", "full");
		if (policy === "drop-newest") return this.#drop("drop_newest", "in");
		if (policy === "drop-oldest") return this.#replace(item, "in");
		this.producers.push({ id: item.id, item, ...this.#limits(wait) });
		this.blockedPuts++;
		if (this.#isPaused("block")) this.#hasUntoldBlock = true;
		else this.#tellBlocked();
		return "waits";
	}

	tryPut(bytes: number): void {
		const id = this.puts.length;
		const item = { id, bytes };
		const { policy } = this.given;
		this.puts.push("true");
		if (this.ending !== undefined) this.puts[id] = this.#drop("closed", "false");
		else if (bytes > this.#maxBytes) this.puts[id] = this.#drop("rejected", "false");
		else if (this.#hasRoom(item)) this.#accept(item, "true");
		else if (policy === "drop-oldest") this.#replace(item, "true");
		else if (policy === "block") this.puts[id] = "false";
		else this.puts[id] = this.#drop(policy === "reject" ? "rejected" : "drop_newest", "false");
	}

	#limits({ timeoutMs, isPlain }: Wait): { dueMs: number; mayAbort: boolean } {
		return { dueMs: this.nowMs + (timeoutMs ?? never), mayAbort: !isPlain };
	}

	take(wait: Wait): void {
		this.takes.push(wait.isAborted ? "aborted" : this.#takeOr({ kind: "one", ...this.#limits(wait) }));
	}

	takeMany(max: number, wait: Wait): void {
		if (wait.isAborted) this.takes.push("aborted");
		else if (this.items.length === 0) this.takes.push(this.#takeOr({ kind: "batch", ...this.#limits(wait) }));
		else {
			const taken = this.items.splice(0, max);
			this.itemsOut += taken.length;
			this.takes.push(`now ${taken.map(({ id }) => id)}`);
			this.#makeRoom();
		}
	}

	tryTake(): void {
		const [item] = this.items;
		if (item === undefined && this.ending === undefined) this.takes.push("none");
		else this.takes.push(this.#takeOr({ kind: "one", ...unlimited }));
	}

	next(iterator: number): void {
		if (this.over.has(iterator)) this.takes.push("end");
		else this.takes.push(this.#takeOr({ kind: "one", iterator, ...unlimited }));
	}

	return(iterator: number): void {
		this.over.add(iterator);
		for (const { id } of this.consumers.filter((consumer) => consumer.iterator === iterator)) this.takes[id] = "end";
		this.consumers = this.consumers.filter((consumer) => consumer.iterator !== iterator);
	}

	abortPut(id: number): void {
		if (this.producers.some((producer) => producer.id === id && producer.mayAbort))
			this.#leave(id, "cancelled", "aborted");
	}

	abortTake(id: number): void {
		if (!this.consumers.some((consumer) => consumer.id === id && consumer.mayAbort)) return;
		this.consumers = this.consumers.filter((consumer) => consumer.id !== id);
		this.takes[id] = "aborted";
	}

	end(how: "closed" | "failed"): void {
		if (this.ending !== undefined) return;
		this.ending = how;
		const blocked = this.producers;
		this.producers = [];
		for (const { id } of blocked) {
			this.puts[id] = "closed";
			this.dropped.closed++;
		}
		for (const { id, kind } of this.consumers) {
			this.takes[id] = how === "failed" ? "failed" : kind === "batch" ? "later " : "end";
		}
		this.consumers = [];
		if (blocked.length > 0) this.#noteDrop();
		if (this.isThrottled) this.#unthrottle();
		this.#pauses.delete("throttle");
		this.#pauses.delete("block");
		if (this.#pauses.delete("drop")) {
			this.#tellDropped();
		}
		this.#say("queue_closed", {
			"stream.queue_size": this.items.length,
			"stream.items_in": this.itemsIn,
			"stream.items_out": this.itemsOut,
			"stream.items_dropped": dropReasons.reduce((sum, reason) => sum + this.dropped[reason], 0),
			"stream.blocked_puts": this.blockedPuts,
			"stream.blocked_ms": this.blockedMs,
			"stream.peak_size": this.peak,
			...(how === "failed" && { "error.type": "TypeError" }),
		});
	}

	/** Lets time go by: whoever waits may have waited long enough, and what was kept back may be told. */
	advance(ms: number): void {
		const untilMs = this.nowMs + ms;
		for (;;) {
			const dueMs = Math.min(
				untilMs,
				...this.#pauses.values(),
				...[...this.producers, ...this.consumers].map((waits) => waits.dueMs),
			);
			this.blockedMs += this.producers.length * (dueMs - this.nowMs);
			if (this.isThrottled) this.throttledMs += dueMs - this.nowMs;
			this.nowMs = dueMs;
			this.#timeOut();
			for (const [kind, endMs] of [...this.#pauses]) if (endMs === dueMs) this.#pauseOver(kind);
			if (dueMs === untilMs) return;
		}
	}

	#timeOut(): void {
		for (;;) {
			const due = (waits: Waiting) => waits.dueMs <= this.nowMs;
			const producer = this.producers.find(due);
			if (producer !== undefined) this.#leave(producer.id, "timeout", "timeout");
			else {
				for (const { id } of this.consumers.filter(due)) this.takes[id] = "timeout";
				this.consumers = this.consumers.filter((consumer) => !due(consumer));
				return;
			}
		}
	}

	#leave(id: number, reason: DropReason, fate: Fate): void {
		this.producers = this.producers.filter((producer) => producer.id !== id);
		this.puts[id] = fate;
		this.#makeRoom();
		this.#drop(reason, fate);
	}

	#takeOr(wants: Omit<Consumer, "id">): Fate {
		const item = this.items.shift();
		if (item === undefined) {
			if (this.ending === "failed") return "failed";
			if (this.ending !== undefined) return wants.kind === "batch" ? "later " : "end";
			this.consumers.push({ ...wants, id: this.takes.length });
			return "waits";
		}
		this.itemsOut++;
		this.#makeRoom();
		return `${item.id}`;
	}

	#hasRoom(item: Item): boolean {
		return this.producers.length === 0 && this.#fits(item);
	}

	#fits({ bytes }: Item): boolean {
		return this.items.length < this.given.capacity && this.bytes + bytes <= this.#maxBytes;
	}

	#accept(item: Item, fate: Fate): Fate {
		this.itemsIn++;
		const consumer = this.consumers.shift();
		if (consumer !== undefined) {
			this.itemsOut++;
			this.takes[consumer.id] = consumer.kind === "batch" ? `later ${item.id}` : `${item.id}`;
			return fate;
		}
		this.items.push(item);
		this.peak = Math.max(this.peak, this.items.length);
		this.peakNow = Math.max(this.peakNow, this.items.length);
		const isHigh = this.#fill() >= this.given.highWaterRatio;
		if (isHigh && !this.isThrottled) {
			this.isThrottled = true;
			this.#throttledSinceMs = this.nowMs;
			if (!this.#isPaused("throttle")) this.#tellThrottled();
		}
		return fate;
	}

	#replace(item: Item, fate: Fate): Fate {
		for (; !this.#fits(item); this.dropped.drop_oldest++) this.items.shift();
		this.#accept(item, fate);
		this.#checkLow();
		this.#noteDrop();
		return fate;
	}

	#makeRoom(): void {
		for (let first = this.producers[0]; first !== undefined && this.#fits(first.item); [first] = this.producers) {
			this.producers.shift();
			this.puts[first.id] = this.#accept(first.item, "accepted");
		}
		this.#checkLow();
	}

	#checkLow(): void {
		if (this.isThrottled && this.#fill() <= this.given.lowWaterRatio) this.#unthrottle();
	}

	#unthrottle(): void {
		this.isThrottled = false;
		if (!this.#isThrottleTold) return;
		this.#isThrottleTold = false;
		const throttledMs = this.nowMs - this.#throttledSinceMs;
		this.#say("throttle_ended", { ...this.#filled(), "stream.throttled_ms": throttledMs });
	}

	#fill(): number {
		return Math.max(this.items.length / this.given.capacity, this.bytes / this.#maxBytes);
	}

	#filled(): object {
		return { "stream.fill_ratio": this.#fill(), ...this.#sized() };
	}

	#sized(): object {
		return { "stream.queue_size": this.items.length, "stream.capacity": this.given.capacity };
	}

	#drop(reason: DropReason, fate: Fate): Fate {
		this.dropped[reason]++;
		this.#noteDrop();
		return fate;
	}

	#noteDrop(): void {
		if (!this.#isPaused("drop")) this.#tellDropped();
	}

	#tellDropped(): void {
		for (const reason of dropReasons) {
			const dropped = this.dropped[reason] - this.#told[reason];
			if (dropped === 0) continue;
			this.#told[reason] += dropped;
			if (!this.#isPaused("drop")) this.#pause("drop");
			this.#say("chunk_dropped", {
				"stream.drop_reason": reason,
				"stream.dropped": dropped,
				...this.#sized(),
			});
		}
	}

	#tellBlocked(): void {
		this.#hasUntoldBlock = false;
		this.#pause("block");
		this.#say("producer_blocked", {
			"stream.blocked_producers": this.producers.length,
			"stream.blocked_ms": this.blockedMs,
			...this.#sized(),
		});
	}

	#tellThrottled(): void {
		this.#isThrottleTold = true;
		this.#pause("throttle");
		this.#say("throttle_started", this.#filled());
	}

	#pauseOver(kind: Kind): void {
		this.#pauses.delete(kind);
		if (kind === "drop") this.#tellDropped();
		else if (kind === "block") {
			if (this.#hasUntoldBlock && this.producers.length > 0) this.#tellBlocked();
		} else if (this.isThrottled && !this.#isThrottleTold) this.#tellThrottled();
	}

	#isPaused(kind: Kind): boolean {
		return this.#pauses.has(kind);
	}

	#pause(kind: Kind): void {
		if (this.given.eventIntervalMs > 0) this.#pauses.set(kind, this.nowMs + this.given.eventIntervalMs);
	}

	#say(name: string, attributes: object): void {
		this.events.push(`stream.${name} ${JSON.stringify({ "stream.name": "chunks", ...attributes })}`);
	}
}
