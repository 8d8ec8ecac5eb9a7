// Over 250 lines: what an exporter is to its callers, with what each of its methods promises.
import { randomUUID } from "node:crypto";
import { type Clock, type FootlightEvent, systemClock, telemetryFailed } from "@footlight/core";
import { integerFrom, knownOptions, milliseconds } from "@footlight/core/option";
import { type Alarm, setAlarm, withoutTelemetry } from "@footlight/core/telemetry";
import type { Backlog, BacklogEntry, BacklogHost } from "./backlog.ts";
import type { Batch, BatchSink } from "./batch.ts";
import { type Delivered, Delivery } from "./delivery.ts";
import { HighWaterMark } from "./high-water.ts";
import { itemTraits } from "./item-traits.ts";
import { MemoryBacklog } from "./memory-backlog.ts";
import { type ExporterFigures, ExporterMeter } from "./meter.ts";
import { NotExportedError, type NotExportedReason } from "./not-exported-error.ts";
import { type BufferedExporterOptions, type BufferedExporterSettings, bufferedExporterSettings } from "./options.ts";
import { OverflowNotice } from "./overflow-notice.ts";
import { failureType } from "./transience.ts";
import { Waiters } from "./waiters.ts";

/** How long to wait, at most. */
export interface DeadlineOptions {
	/** In milliseconds. @default 30000 */
	readonly timeoutMs?: number;
}

/** What a flush, or a close, came to. */
export interface FlushResult {
	/** True where all that had been accepted before was delivered, or counted as lost, in time. */
	readonly isComplete: boolean;
	/**
	 * Items that are neither. After `close` those of a spool are delivered by the next process; without one they are lost,
	 * and counted as `shutdown`.
	 */
	readonly left: number;
	/**
	 * Of a `close` alone, and only where there are any: items that its spool could not write in time, whose `emit` has not
	 * resolved, counted as `shutdown`. Those that were being written at that moment the next process may deliver all the same.
	 */
	readonly unwritten?: number;
}

/** What an exporter has done, and holds. */
export interface ExporterSnapshot {
	/** Items it took. */
	readonly accepted: number;
	readonly delivered: number;
	/**
	 * Items that never will be delivered, those refused included, by the reason: `error.type` of `pipeline.exporter.items`.
	 * For those that the sink failed with it is the HTTP status, where there is one; after 100 reasons it is `_OTHER`.
	 */
	readonly lost: Readonly<Record<string, number>>;
	/** Items that wait or are in flight, on disk too; what a former process left there is among these, and those delivered or lost. */
	readonly left: number;
	readonly inFlight: number;
	/** Items in memory, and their bytes. */
	readonly size: number;
	readonly bytes: number;
}

/** Of items that may be in flight at once, one batch: entries of one order key are all of one lane. */
interface Lane<Item> {
	readonly index: number;
	/** Those that are not settled. */
	flight: readonly BacklogEntry<Item>[] | undefined;
	/** What of these goes as batches of their own, once the batch before has landed. */
	readonly parts: (readonly BacklogEntry<Item>[])[];
}

const defaultTimeoutMs = 30_000;
/** Of the time for a close so much is for the sink's and the spool's own. */
const closingShare = 0.1;
const longestClosingMs = 1_000;
const noRoom: ReadonlySet<string> = new Set(["queue_full", "disk_full"]);
const kept: Promise<void> = Promise.resolve();

/**
 * Takes items at once and brings them to a sink in batches, whatever the sink does: it may fail, hang, throw or be away.
 *
 * Nobody who emits waits for the sink. A batch is forgotten only when the sink has confirmed it: failures that pass are
 * tried again without end, in order, by a `retry` and a `timeout` layer, refused credentials (HTTP 401, 403) too; one that
 * is too large for the other side (HTTP 413) is sent in halves; any other failure gives the batch up and is counted. What is
 * held is bounded, that in flight included; where there is no room the item of least worth goes first. Delivery is at
 * least once: by the key of an item its receiver knows one that comes again.
 *
 * **Emits** the metrics `pipeline.exporter.*`, with each item counted once in `pipeline.exporter.items`; `pipeline.retry.*`
 * and `pipeline.timeout.*` as the stage of its name in the pipeline `exporters`; the event `analytics.overflow`.
 * **Throws** RangeError or TypeError for options that cannot be.
 *
 * @example
 * const sent: string[] = [];
 * const exporter = new BufferedExporter<string>({
 *   name: "audit",
 *   sink: { write: ({ items }) => void sent.push(...items) },
 * });
 * exporter.tryEmit("user-7 signed in");
 * await exporter.emit("user-7 signed out");
 * await exporter.close(); // => { isComplete: true, left: 0 }
 */
export class BufferedExporter<Item = FootlightEvent> {
	readonly name: string;
	readonly #settings: BufferedExporterSettings<Item>;
	readonly #clock: Clock;
	readonly #backlog: Backlog<Item>;
	readonly #sink: BatchSink<Item>;
	readonly #lanes: readonly Lane<Item>[];
	readonly #delivery: Delivery<Item>;
	readonly #meter: ExporterMeter;
	readonly #overflow: OverflowNotice;
	readonly #highWater: HighWaterMark;
	readonly #waiters: Waiters;
	/** Held by the exporter alone, so that it is read no longer than the exporter lives. */
	readonly #figures: ExporterFigures;
	readonly #id: string = randomUUID();
	#batches = 0;
	#accepted = 0;
	#inFlight = 0;
	/** What was accepted up to here is not to wait for others. */
	#dueSequence = 0;
	#dueAlarm: Alarm | undefined;
	/** So many more items, or bytes up to so many, before a lane that is free can have a full batch. */
	#itemsToFull = 0;
	#fullAtBytes = 0;
	#isPumping = false;
	#isStopped = false;
	#closing: Promise<FlushResult> | undefined;

	constructor(options: BufferedExporterOptions<Item>) {
		const settings = bufferedExporterSettings(options);
		const { name, maxItems, maxBytes, concurrency } = settings;
		this.name = name;
		this.#settings = settings;
		this.#sink = settings.sink;
		this.#clock = options.clock ?? systemClock;
		this.#lanes = Array.from({ length: concurrency }, (_, index) => ({ index, flight: undefined, parts: [] }));
		this.#overflow = new OverflowNotice(
			...([name, this.#clock, () => ({ size: this.#backlog.size, capacity: maxItems }), options.onOverflow] as const),
		);
		this.#highWater = new HighWaterMark(settings.highWaterRatio, maxItems, maxBytes, options.onHighWater);
		const attempted = (durationMs: number, type: string | undefined) => this.#meter.attempted(durationMs, type);
		this.#delivery = new Delivery(settings, this.#clock, options.meterProvider, attempted, () => this.#backlog.left);
		this.#waiters = new Waiters(this.#clock);
		const host: BacklogHost<Item> = {
			...{ name, traits: itemTraits(options), lanes: concurrency, maxItems, maxBytes },
			ready: () => this.#ready(),
			lost: (items, type) => this.#lost(items, type),
		};
		this.#backlog = options.spool === undefined ? new MemoryBacklog(host) : options.spool.open(host);
		this.#figures = figuresOf(name, maxItems, this.#backlog, () => this.#inFlight);
		this.#meter = new ExporterMeter(this.#figures, options.meterProvider);
		this.#dueSequence = this.#backlog.lastSequence;
		this.#pump();
	}

	/**
	 * Takes an item; resolves once it is kept: at once in memory, once written with a spool. Never waits for the sink. What is
	 * changed in the item afterwards may or may not be delivered: give it one that nobody changes.
	 *
	 * **Throws** `NotExportedError`, by a promise that rejects, where this item is not taken; what the spool throws where it
	 * cannot be written.
	 */
	emit(item: Item): Promise<void> {
		const refusal = this.#offer(item);
		if (refusal !== undefined) return Promise.reject(new NotExportedError(this.name, refusal));
		return this.#backlog.kept() ?? kept;
	}

	/** Takes an item, or counts it as lost; never throws, never waits. */
	tryEmit(item: Item): void {
		this.#offer(item);
	}

	/** Has all that was accepted before delivered without waiting for full batches; resolves when it is, or at the deadline. */
	async flush(options: DeadlineOptions = {}): Promise<FlushResult> {
		const timeoutMs = deadlineOf("flush", options);
		if (this.#closing !== undefined) return this.#closing;
		const isComplete = await this.#flushed(timeoutMs);
		return { isComplete, left: this.#backlog.left };
	}

	/**
	 * Takes no more, flushes within the deadline, stops what is still under way, and closes the sink. A pause between rounds
	 * of attempts ends, for one more. What it says of what was left is true whatever the sink does; a second call gives the
	 * same answer.
	 */
	async close(options: DeadlineOptions = {}): Promise<FlushResult> {
		const timeoutMs = deadlineOf("close", options);
		this.#closing ??= this.#close(timeoutMs);
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close().then(() => {});
	}

	/** What it has done so far, and holds at this moment. */
	snapshot(): ExporterSnapshot {
		const { size, bytes, left } = this.#backlog;
		const { delivered, lost } = this.#meter;
		return { accepted: this.#accepted, delivered, lost, left, inFlight: this.#inFlight, size, bytes };
	}

	#offer(item: Item): NotExportedReason | undefined {
		const refusal = this.#closing === undefined ? this.#offerOpen(item) : "already_shutdown";
		if (refusal !== undefined) {
			this.#meter.countLost(1, refusal);
			if (noRoom.has(refusal)) this.#overflow.dropped(1);
		} else {
			this.#accepted++;
			this.#highWater.rose(this.#backlog);
			if (--this.#itemsToFull <= 0 || this.#backlog.bytes >= this.#fullAtBytes) this.#pump();
			if (this.#dueAlarm === undefined) this.#setDueAlarm();
		}
		this.#overflow.tell();
		return refusal;
	}

	#offerOpen(item: Item): NotExportedReason | undefined {
		try {
			return this.#backlog.offer(item);
		} catch (error) {
			telemetryFailed("spool", error);
			return "spool_failed";
		}
	}

	/** The backlog gave items up. */
	#lost(items: number, type: string): void {
		this.#meter.countLost(items, type);
		if (noRoom.has(type)) this.#overflow.dropped(items);
		// Fewer wait now than were reckoned with; where no lane is free, nothing was.
		if (this.#itemsToFull !== Number.POSITIVE_INFINITY) this.#itemsToFull = 0;
		this.#waiters.mayBeOver();
	}

	/** Entries can be taken that could not be before. */
	#ready(): void {
		if (this.#isStopped) return;
		this.#overflow.tell();
		this.#highWater.moved(this.#backlog);
		this.#pump();
		if (this.#dueAlarm === undefined && this.#backlog.oldestWaiting !== undefined) this.#setDueAlarm();
		this.#waiters.mayBeOver();
	}

	#setDueAlarm(): void {
		// A timer remembers the context it was set in, and this one is nobody's.
		this.#dueAlarm = withoutTelemetry(() => setAlarm(this.#clock, this.#settings.maxDelayMs, () => this.#isDue()));
		this.#dueAlarm.keepsAlive(false);
	}

	#isDue(): void {
		this.#dueAlarm = undefined;
		if (this.#isStopped) return;
		this.#dueSequence = this.#backlog.lastSequence;
		this.#pump();
	}

	/** Sends off what may go, and reckons when more may. */
	#pump(): void {
		if (this.#isPumping || this.#isStopped) return;
		this.#isPumping = true;
		try {
			this.#meter.look();
			this.#startLanes();
		} finally {
			this.#isPumping = false;
		}
	}

	#startLanes(): void {
		const { batchSize, batchBytes } = this.#settings;
		let items = Number.POSITIVE_INFINITY;
		let bytes = Number.POSITIVE_INFINITY;
		for (const lane of this.#lanes) {
			if (lane.flight !== undefined) continue;
			if (this.#mayStart(lane.index) && this.#start(lane)) continue;
			items = Math.min(items, batchSize - this.#backlog.waiting(lane.index));
			bytes = Math.min(bytes, batchBytes - this.#backlog.waitingBytes(lane.index));
		}
		this.#itemsToFull = items;
		this.#fullAtBytes = this.#backlog.bytes + bytes;
	}

	#mayStart(lane: number): boolean {
		const backlog = this.#backlog;
		if (backlog.waiting(lane) >= this.#settings.batchSize) return true;
		if (backlog.waitingBytes(lane) >= this.#settings.batchBytes) return true;
		const oldest = backlog.oldest(lane);
		return oldest !== undefined && oldest <= this.#dueSequence;
	}

	#start(lane: Lane<Item>): boolean {
		const { batchSize, batchBytes } = this.#settings;
		const entries = this.#backlog.take(lane.index, batchSize, batchBytes);
		if (entries.length === 0) return false;
		lane.flight = entries;
		this.#inFlight += entries.length;
		this.#send(lane, entries);
		return true;
	}

	#send(lane: Lane<Item>, entries: readonly BacklogEntry<Item>[]): void {
		const batch: Batch<Item> = Object.freeze({
			id: `${this.#id}.${++this.#batches}`,
			items: Object.freeze(entries.map(({ item }) => item)),
			keys: Object.freeze(entries.map((entry) => this.#backlog.keyOf(entry))),
		});
		this.#delivery.deliver(batch).then(
			(delivered) => this.#landed(lane, entries, delivered),
			(error) => this.#landed(lane, entries, { is: "given_up", error }),
		);
	}

	#landed(lane: Lane<Item>, entries: readonly BacklogEntry<Item>[], delivered: Delivered): void {
		// What comes after the deadline of a close is counted as left already.
		if (this.#isStopped || delivered.is === "stopped") return;
		if (delivered.is === "too_large") {
			const half = Math.ceil(entries.length / 2);
			lane.parts.unshift(entries.slice(0, half), entries.slice(half));
		} else {
			lane.flight = lane.flight?.slice(entries.length);
			this.#inFlight -= entries.length;
			this.#backlog.settle(entries);
			this.#count(entries.length, delivered);
		}
		const next = lane.parts.shift();
		if (next === undefined) lane.flight = undefined;
		else this.#send(lane, next);
		this.#highWater.moved(this.#backlog);
		this.#pump();
		this.#waiters.mayBeOver();
	}

	#count(items: number, delivered: Exclude<Delivered, { readonly is: "stopped" | "too_large" }>): void {
		if (delivered.is === "given_up") {
			this.#meter.countLost(items, failureType(delivered.error));
			telemetryFailed("exporter", delivered.error);
			return;
		}
		const { size: rejected } = delivered.rejected;
		this.#meter.countDelivered(items - rejected);
		if (rejected === 0) return;
		this.#meter.countLost(rejected, "rejected");
		const refused = `the sink of ${this.name} refused ${rejected} of ${items} items: ${delivered.reason}`;
		telemetryFailed("exporter", new Error(refused));
	}

	/** Whether all that was accepted before is settled in time. */
	#flushed(timeoutMs: number): Promise<boolean> {
		const sequence = this.#backlog.lastSequence;
		this.#dueSequence = Math.max(this.#dueSequence, sequence);
		this.#pump();
		return this.#waiters.wait(() => this.#oldestLeft() > sequence, timeoutMs);
	}

	#oldestLeft(): number {
		let oldest = this.#backlog.oldestWaiting ?? Number.POSITIVE_INFINITY;
		for (const { flight } of this.#lanes) oldest = Math.min(oldest, flight?.[0]?.sequence ?? oldest);
		return oldest;
	}

	async #close(timeoutMs: number): Promise<FlushResult> {
		const closingMs = Math.min(longestClosingMs, timeoutMs * closingShare);
		this.#delivery.hurry();
		const isComplete = await this.#keptAndFlushed(timeoutMs - closingMs);
		this.#isStopped = true;
		this.#dueAlarm?.cancel();
		this.#overflow.close();
		const left = this.#backlog.left;
		this.#inFlight = 0;
		const written = quietly("spool", () => this.#backlog.close());
		if (!this.#backlog.isDurable && left > 0) this.#meter.countLost(left, "shutdown");
		this.#delivery.stop(new NotExportedError(this.name, "already_shutdown"));
		const closed = Promise.all([written, quietly("sink", () => this.#sink.close?.())]);
		await this.#waiters.within(closed, closingMs);
		const unwritten = this.#backlog.letGo();
		if (unwritten > 0) this.#meter.countLost(unwritten, "shutdown");
		this.#meter.close();
		if (!this.#backlog.isDurable) return { isComplete, left };
		return { isComplete, left: this.#backlog.left, ...(unwritten > 0 && { unwritten }) };
	}

	/** First all is written: what is not delivered then is the next process's. */
	async #keptAndFlushed(timeoutMs: number): Promise<boolean> {
		const fromMs = this.#clock.monotonicMs();
		const written = this.#backlog.kept();
		// Those who have emitted hear of it where it fails.
		if (written !== undefined)
			await this.#waiters.within(
				written.catch(() => {}),
				timeoutMs,
			);
		return this.#flushed(Math.max(0, timeoutMs - (this.#clock.monotonicMs() - fromMs)));
	}
}

function figuresOf<Item>(
	name: string,
	capacity: number,
	backlog: Backlog<Item>,
	inFlight: () => number,
): ExporterFigures {
	return {
		...{ name, capacity },
		get size() {
			return backlog.size;
		},
		get inFlight() {
			return inFlight();
		},
		get spool() {
			return backlog.spool;
		},
	};
}

function deadlineOf(method: string, options: DeadlineOptions): number {
	knownOptions(`BufferedExporter.${method}`, options, ["timeoutMs"]);
	const { timeoutMs = defaultTimeoutMs } = options;
	const where = `BufferedExporter.${method}: timeoutMs`;
	return timeoutMs === 0 ? 0 : milliseconds(where, integerFrom(where, timeoutMs, 0));
}

async function quietly(part: string, close: () => unknown): Promise<void> {
	try {
		await close();
	} catch (error) {
		telemetryFailed(part, error);
	}
}
