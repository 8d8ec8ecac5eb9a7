// Over 250 lines: what a put and a take do to the same few fields is read together.
import { rejection } from "../rejection.ts";
import { Blocked } from "./blocked.ts";
import { batch, Consumers, end } from "./consumers.ts";
import type { Ending, Failure } from "./ending.ts";
import type { QueueEvents } from "./events.ts";
import type { Metering } from "./metering.ts";
import type { QueueParts } from "./parts.ts";
import { type Obstacle, reasonFor, refusal } from "./refusal.ts";
import { Ring } from "./ring.ts";
import { checkWait, type QueueSettings, type QueueWait, sizeIn } from "./settings.ts";
import type { DropReason, Tally } from "./tally.ts";

type Step<T> = Promise<IteratorResult<T, undefined>>;

/** How items go through a queue, from those who put them to those who take them. */
export class Flow<T> {
	readonly #settings: QueueSettings<T>;
	readonly #tally: Tally;
	readonly #events: QueueEvents;
	readonly #metering: Metering;
	readonly #ending: Ending;
	readonly #ring: Ring<T>;
	readonly #consumers: Consumers<T>;
	readonly #blocked: Blocked<T>;
	/** Only items count. */
	readonly #isPlain: boolean;
	/** A full queue lets the oldest go, and only items count. */
	readonly #slides: boolean;
	/** Something follows when items are taken. */
	#caresForRoom = false;

	constructor(parts: QueueParts<T>) {
		const { settings, tally, events, metering, ending } = parts;
		this.#settings = settings;
		this.#tally = tally;
		this.#events = events;
		this.#metering = metering;
		this.#ending = ending;
		this.#isPlain = settings.sizeOf === undefined;
		this.#slides = settings.policy === "drop-oldest" && this.#isPlain;
		this.#ring = new Ring(!this.#isPlain);
		this.#consumers = new Consumers(parts);
		this.#blocked = new Blocked(parts);
	}

	get waitingConsumers(): number {
		return this.#consumers.length;
	}

	put(item: T, options: QueueWait | undefined): Promise<void> | undefined {
		if (options !== undefined) checkWait("ChunkQueue: put", options);
		else if (this.#putAtOnce(item)) return undefined;
		return this.#putMeasured(item, this.#measure(item), options);
	}

	/** For a source, which can wait: as {@link put}, but where that refuses an item for want of room this waits for it. */
	pour(item: T, signal: AbortSignal | undefined): Promise<void> | undefined {
		if (signal === undefined && this.#putAtOnce(item)) return undefined;
		const bytes = this.#measure(item);
		const wait = signal && { signal };
		const waits = this.#settings.policy === "reject" && !signal?.aborted && this.#obstacle(bytes) === "full";
		return waits ? this.#block(item, bytes, wait) : this.#putMeasured(item, bytes, wait);
	}

	tryPut(item: T): boolean {
		return this.#putAtOnce(item) || this.#offer(item, this.#measure(item)) === "in";
	}

	take(options: QueueWait | undefined): Step<T> {
		if (options !== undefined) {
			checkWait("ChunkQueue: take", options);
			if (options.signal?.aborted) return rejection(options.signal.reason);
		}
		if (this.#tally.size > 0) return this.#takeNow();
		return this.#consumers.wait(options, undefined) as Step<T>;
	}

	tryTake(): IteratorResult<T, undefined> | undefined {
		if (this.#tally.size > 0) return { done: false, value: this.#shift() };
		if (!this.#ending.hasCome) return undefined;
		if (this.#ending.failure !== undefined) throw this.#ending.failure.error;
		return end;
	}

	/** @param most - undefined for all there are */
	takeMany(most: number | undefined, options: QueueWait | undefined): T[] | Promise<T[]> {
		if (options !== undefined) {
			checkWait("ChunkQueue: takeMany", options);
			if (options.signal?.aborted) return rejection(options.signal.reason);
		}
		if (this.#tally.size > 0) return this.#shiftMany(most);
		return this.#consumers.wait(options, batch) as Promise<T[]>;
	}

	/** The next item, for an iterator, which may {@link leave}. */
	step(iterator: object): Step<T> {
		return this.#tally.size > 0 ? this.#takeNow() : (this.#consumers.wait(undefined, iterator) as Step<T>);
	}

	/** Nobody waits for the steps of an iterator that was left. */
	leave(iterator: object): void {
		this.#consumers.leave(iterator);
	}

	end(failure: Failure | undefined): void {
		if (this.#ending.hasCome) return;
		this.#ending.come(failure);
		this.#caresForRoom = true;
		this.#tally.capacity = 0;
		const blocked = this.#blocked.end(() => this.#ending.error());
		this.#consumers.end();
		if (blocked > 0) this.#events.dropped();
		// There is no producer left to slow down.
		if (this.#tally.isThrottled) this.#events.throttleEnded(this.#tally.unthrottle());
		this.#events.closed(failure);
		this.#ending.tell();
		if (this.#tally.size === 0) this.#metering.release();
	}

	/** What most puts are, done with as little as that takes; false where it is another one. */
	#putAtOnce(item: T): boolean {
		const tally = this.#tally;
		// Where producers are blocked there is no room, and none where the queue is closed.
		if (tally.size < tally.capacity && this.#isPlain) {
			this.#accept(item, 0);
			return true;
		}
		if (!this.#slides || tally.capacity === 0) return false;
		this.#slide(item);
		return true;
	}

	#putMeasured(item: T, bytes: number, options: QueueWait | undefined): Promise<void> | undefined {
		if (options?.signal?.aborted) {
			this.#drop("cancelled");
			return rejection(options.signal.reason);
		}
		const outcome = this.#offer(item, bytes);
		switch (outcome) {
			case "in":
			case "dropped":
				return undefined;
			case "blocked":
				return this.#block(item, bytes, options);
			default:
				return rejection(refusal(outcome, bytes, this.#settings, this.#ending));
		}
	}

	/** Does with an item what can be done at once. One that is blocked is still the caller's, and not counted. */
	#offer(item: T, bytes: number): "in" | "blocked" | "dropped" | Obstacle {
		const obstacle = this.#obstacle(bytes);
		if (obstacle === undefined) {
			this.#accept(item, bytes);
			return "in";
		}
		if (obstacle === "full") {
			switch (this.#settings.policy) {
				case "block":
					return "blocked";
				case "drop-oldest":
					this.#replace(item, bytes);
					return "in";
				case "drop-newest":
					this.#drop("drop_newest");
					return "dropped";
			}
		}
		this.#drop(reasonFor(obstacle));
		return obstacle;
	}

	#measure(item: T): number {
		return this.#isPlain ? 0 : sizeIn(this.#settings, item);
	}

	#obstacle(bytes: number): Obstacle | undefined {
		if (this.#ending.hasCome) return "closed";
		if (bytes > this.#settings.maxBytes) return "too_large";
		return this.#blocked.first === undefined && this.#fits(bytes) ? undefined : "full";
	}

	#fits(bytes: number): boolean {
		const { size, bytes: used, capacity } = this.#tally;
		return size < capacity && used + bytes <= this.#settings.maxBytes;
	}

	#accept(item: T, bytes: number): void {
		const tally = this.#tally;
		if ((tally.itemsIn++ & 63) === 0) this.#metering.attach();
		if (this.#consumers.first !== undefined) {
			const consumer = this.#consumers.shift();
			if (tally.itemsOut++ === 0) this.#metering.firstItem();
			consumer.give(item);
			return;
		}
		this.#ring.push(tally, item, bytes);
		if (tally.isThrottled) return;
		const { high } = this.#settings;
		if (tally.size >= high.items || tally.bytes >= high.bytes) {
			this.#caresForRoom = true;
			tally.throttle();
			this.#events.throttleStarted();
		}
	}

	/** Lets the oldest of a full queue go, where only items count. */
	#slide(item: T): void {
		const tally = this.#tally;
		if ((tally.itemsIn++ & 63) === 0) this.#metering.attach();
		this.#ring.slide(tally, item);
		tally.dropped.drop_oldest++;
		this.#events.dropped();
	}

	/** Lets the oldest go until there is room. */
	#replace(item: T, bytes: number): void {
		while (!this.#fits(bytes)) {
			this.#ring.shift(this.#tally);
			this.#tally.drop("drop_oldest");
		}
		this.#accept(item, bytes);
		this.#checkLow();
		// A listener may do anything to the queue: it is told when all is done.
		this.#events.dropped();
	}

	#drop(reason: DropReason): void {
		this.#tally.drop(reason);
		this.#events.dropped();
	}

	#block(item: T, bytes: number, options: QueueWait | undefined): Promise<void> {
		const promise = this.#blocked.wait(item, bytes, options, (why) => {
			// Its item may have been too large for the room there is, and the next one's is not.
			this.#careForRoom();
			this.#drop(why);
		});
		this.#caresForRoom = true;
		this.#events.blocked();
		return promise;
	}

	#takeNow(): Step<T> {
		return Promise.resolve({ done: false, value: this.#shift() });
	}

	#shift(): T {
		const item = this.#ring.shift(this.#tally);
		if (this.#tally.itemsOut++ === 0) this.#metering.firstItem();
		if (this.#caresForRoom) this.#careForRoom();
		return item;
	}

	#shiftMany(most: number | undefined): T[] {
		const tally = this.#tally;
		const items = this.#ring.shiftMany(tally, most === undefined ? tally.size : Math.min(most, tally.size));
		if (tally.itemsOut === 0) this.#metering.firstItem();
		tally.itemsOut += items.length;
		if (this.#caresForRoom) this.#careForRoom();
		return items;
	}

	/** There may be more room: for producers that wait, in their order, and below the low water mark. */
	#careForRoom(): void {
		const tally = this.#tally;
		const blocked = this.#blocked;
		if (blocked.isAnybody) this.#admit();
		this.#checkLow();
		const { hasCome } = this.#ending;
		if (hasCome && tally.size === 0) this.#metering.release();
		this.#caresForRoom = tally.isThrottled || hasCome || blocked.isAnybody;
	}

	#admit(): void {
		const blocked = this.#blocked;
		let admitted = 0;
		for (let { first } = blocked; first !== undefined && this.#fits(first.bytes); { first } = blocked) {
			blocked.admit();
			this.#accept(first.item, first.bytes);
			admitted++;
		}
		if (admitted > 0) this.#tally.block(-admitted);
		blocked.wakeSoon();
	}

	#checkLow(): void {
		const tally = this.#tally;
		const { low } = this.#settings;
		if (tally.isThrottled && tally.size <= low.items && tally.bytes <= low.bytes) {
			this.#events.throttleEnded(tally.unthrottle());
		}
	}
}
