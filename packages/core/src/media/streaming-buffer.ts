// Over 250 lines: what a buffer is at any time, and everything that changes it, in one place.
import { BufferFullError, withoutStack } from "../error.ts";
import { knownOptions, refuse } from "../option.ts";
import { checkWait } from "../queue/settings.ts";
import { StreamReporter } from "../stream-reporter.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { Line } from "./line.ts";
import type { Measure } from "./measure.ts";
import { BufferMeter } from "./meter.ts";
import { type BufferSettings, checkBufferOptions, type StreamingBufferOptions } from "./settings.ts";
import { type BufferWait, Waiters } from "./waiters.ts";

/** What a buffer has done so far; of what came in, all was read, dropped or cleared, or is there still. */
export interface StreamingBufferSnapshot {
	readonly receivedMs: number;
	readonly readMs: number;
	readonly droppedMs: number;
	readonly clearedMs: number;
	readonly bufferedMs: number;
	readonly overflows: number;
	readonly underruns: number;
	readonly recoveries: number;
}

/**
 * How reading goes: nothing was given yet, or not since it was cleared; it goes well; or it has run short, and not been
 * given what it asked for since.
 */
type Flow = "cold" | "steady" | "short";

/**
 * Holds back media between one who sends it in bursts and one who plays it at its pace: chunks go in as they come, playing
 * time comes out.
 *
 * It counts in frames for PCM (`format`), else in what `durationOf` says of a chunk, and is never off by a fraction,
 * however long it runs. Chunks are kept as they are and given as views of themselves: who writes one must not change it
 * afterwards. They may end within a frame, which the next completes; a last frame that never is complete is never given.
 * A read that comes out between two frames is made up for by the next; one that can only have a longer chunk whole is
 * given it, and the next ones nothing until its time is over.
 *
 * **Emits** the events `stream.buffer_overflow`, `stream.buffer_underrun` and `stream.buffer_recovered` of the call it is
 * made in, and the metrics `pipeline.stream.buffer.fill`, `.events` and `.dropped_time`.
 *
 * @example
 * const speech = new StreamingBuffer({
 * 	name: "speech",
 * 	format: { encoding: "pcm_s16le", sampleRateHz: 16_000 },
 * 	targetMs: 40,
 * });
 * speech.write(new Uint8Array(640)); // => 0
 * speech.read(20); // => undefined
 * speech.write(new Uint8Array(960));
 * speech.read(20)?.byteLength; // => 640
 * speech.bufferedMs; // => 30
 */
export class StreamingBuffer<Chunk = Uint8Array> {
	readonly name: string;
	readonly targetMs: number;
	readonly maxMs: number;
	readonly #settings: BufferSettings<Chunk>;
	readonly #measure: Measure<Chunk>;
	readonly #line: Line<Chunk>;
	readonly #targetUnits: number;
	readonly #maxUnits: number;
	readonly #reporter: StreamReporter;
	readonly #waiters: Waiters = new Waiters();
	#meter: BufferMeter | undefined;
	#flow: Flow = "cold";
	/** Reads give nothing. */
	#isHeldBack: boolean;
	/** It had no room: however little it has, it gets no fuller. */
	#wasFull = false;
	#isEnded = false;
	/** Units that reads have asked for and were not given; below zero, what they were given beyond. */
	#owedUnits = 0;
	#shortSinceMs = 0;
	#receivedUnits = 0;
	#readUnits = 0;
	#droppedUnits = 0;
	#clearedUnits = 0;
	#overflows = 0;
	#underruns = 0;
	#recoveries = 0;
	/** Dropped, and not yet told of by an event; undefined where there is nothing to tell. */
	#untoldUnits: number | undefined;
	#nextEventMs = Number.NEGATIVE_INFINITY;

	/** **Throws** TypeError or RangeError for options that cannot be. */
	constructor(options: StreamingBufferOptions<Chunk>) {
		const settings = checkBufferOptions(options);
		const { name, measure, targetMs, maxMs, prebuffer, onEvent, clock } = settings;
		this.name = name;
		this.targetMs = targetMs;
		this.maxMs = maxMs;
		this.#settings = settings;
		this.#measure = measure;
		this.#line = new Line((chunk, chunkUnits, units) => measure.divide(chunk, chunkUnits, units));
		this.#maxUnits = Math.floor((maxMs * measure.unitsPerSecond) / 1_000);
		this.#targetUnits = Math.min(Math.ceil((targetMs * measure.unitsPerSecond) / 1_000), this.#maxUnits);
		this.#isHeldBack = prebuffer;
		this.#reporter = new StreamReporter(name, onEvent, clock);
		this.#measured();
	}

	/** Playing time in it, in milliseconds. */
	get bufferedMs(): number {
		return this.#ms(this.#line.units);
	}

	/** True while it has as much as its target, or has ended; where chunks are too long for both, once it has no more room. */
	get isReady(): boolean {
		const { units } = this.#line;
		return this.#isEnded || units >= this.#targetUnits || (this.#wasFull && units > 0);
	}

	/** Nothing more comes in. */
	get isEnded(): boolean {
		return this.#isEnded;
	}

	/** Nothing more comes in, and nothing is left. */
	get isDone(): boolean {
		return this.#isEnded && this.#line.count === 0;
	}

	/** The buffer in figures, as it is now. */
	snapshot(): StreamingBufferSnapshot {
		return {
			receivedMs: this.#ms(this.#receivedUnits),
			readMs: this.#ms(this.#readUnits),
			droppedMs: this.#ms(this.#droppedUnits),
			clearedMs: this.#ms(this.#clearedUnits),
			bufferedMs: this.bufferedMs,
			overflows: this.#overflows,
			underruns: this.#underruns,
			recoveries: this.#recoveries,
		};
	}

	/**
	 * Takes a chunk, and gives the playing time that was dropped for it, in milliseconds: all of it where the buffer has ended.
	 *
	 * **Throws** `BufferFullError` where there is no room and the policy is `reject`: nothing of the chunk was taken.
	 */
	write(chunk: Chunk): number {
		this.#refuseOwnFunctions();
		const line = this.#line;
		const { policy, maxChunks } = this.#settings;
		const units = this.#measure.unitsOf(chunk);
		this.#receivedUnits += units;
		if (this.#isEnded) {
			this.#droppedUnits += units;
			this.#measured();
			return this.#ms(units);
		}
		if (policy === "reject" && (line.units + units > this.#maxUnits || line.count >= maxChunks)) {
			this.#overflowed(units);
			const { name, bufferedMs, maxMs } = this;
			throw withoutStack(
				() => new BufferFullError(name, `${this.#ms(units)} ms do not fit, ${bufferedMs} of ${maxMs} ms are taken`),
			);
		}
		this.#measure.take(chunk, units, line);
		const allUnits = line.units;
		const isOver = allUnits > this.#maxUnits || line.count > maxChunks;
		if (isOver && policy === "drop-newest") line.dropNewest(this.#maxUnits, maxChunks);
		else if (isOver) line.dropOldest(this.#maxUnits, maxChunks);
		const droppedUnits = allUnits - line.units;
		if (isOver) this.#overflowed(droppedUnits);
		else this.#changed();
		return this.#ms(droppedUnits);
	}

	/**
	 * Gives so much playing time as one chunk: less where no more is there, undefined where nothing is, or nothing is given
	 * yet. It is a view where one chunk has it all, and a copy where several have it.
	 *
	 * **Throws** TypeError where the buffer cannot join chunks, and whatever `split` or `join` does; RangeError for a duration
	 * that is not positive.
	 */
	read(durationMs: number): Chunk | undefined {
		const join = this.#mustJoin();
		const chunks = this.readViews(durationMs);
		return chunks.length > 1 ? join(chunks) : chunks[0];
	}

	/** Gives so much playing time as {@link read} does, in as many chunks as have it: nothing is ever copied. */
	readViews(durationMs: number): readonly Chunk[] {
		checkDuration(durationMs);
		this.#refuseOwnFunctions();
		const line = this.#line;
		const dueUnits = this.#owedUnits + (durationMs * this.#measure.unitsPerSecond) / 1_000;
		const wantedUnits = Math.max(0, Math.round(dueUnits));
		if (this.#isHeldBack) {
			this.#owedUnits = dueUnits - wantedUnits;
			this.#changed();
			return [];
		}
		const beforeUnits = line.units;
		const { chunks, units } = line.take(wantedUnits);
		const isShort = units < wantedUnits && line.count === 0;
		// What was not there to be played is lost time, and not made up for.
		this.#owedUnits = dueUnits - (isShort ? wantedUnits : units);
		this.#readUnits += units;
		if (chunks.length > 0) this.#wasFull = false;
		this.#changed();
		if (isShort) this.#ranShort(units, beforeUnits, durationMs);
		else if (wantedUnits > 0) this.#wentWell(beforeUnits);
		return chunks;
	}

	/**
	 * Reads by the clock: playing time each time so much time has passed, once the buffer is ready; undefined where nothing is
	 * there for it. Ends when the buffer does; who asks late is given at once what was missed, though no more than the
	 * buffer has room for.
	 *
	 * **Throws** at once for a duration or options that cannot be, and where the buffer cannot join chunks; while it is read
	 * whatever `read` does, and the reason of the signal.
	 *
	 * @example
	 * const tone = new StreamingBuffer({ name: "tone", format: { encoding: "pcm_u8", sampleRateHz: 1_000 } });
	 * tone.write(new Uint8Array(5));
	 * tone.end();
	 * const played: number[] = [];
	 * for await (const chunk of tone.readEvery(2)) played.push(chunk?.length ?? 0);
	 * played; // => [2, 2, 1]
	 */
	readEvery(
		durationMs: number,
		options: Pick<BufferWait, "signal"> = {},
	): AsyncGenerator<Chunk | undefined, void, undefined> {
		checkDuration(durationMs);
		knownOptions("StreamingBuffer: readEvery", options, ["signal"]);
		checkWait("StreamingBuffer: readEvery", options);
		this.#mustJoin();
		return this.#playing(durationMs, options);
	}

	async *#playing(
		durationMs: number,
		options: Pick<BufferWait, "signal">,
	): AsyncGenerator<Chunk | undefined, void, undefined> {
		const { clock } = this.#reporter;
		const { signal } = options;
		if (this.#isHeldBack) await this.waitUntilReady(options);
		let dueMs = readMonotonic(clock);
		while (!this.isDone) {
			if (signal?.aborted) throw signal.reason;
			yield this.read(durationMs);
			const nowMs = readMonotonic(clock);
			dueMs = Math.max(dueMs + durationMs, nowMs - this.maxMs);
			if (dueMs > nowMs) await clock.sleep(dueMs - nowMs, signal);
		}
	}

	/**
	 * Resolves once the buffer is ready, or has ended.
	 *
	 * **Throws** the reason of the signal, or a `TimeoutError`, as a rejection; TypeError or RangeError for options that
	 * cannot be, likewise.
	 */
	async waitUntilReady(options: BufferWait = {}): Promise<void> {
		checkWait("StreamingBuffer: waitUntilReady", options);
		if (!this.isReady) await this.#waiters.wait(`filling of buffer ${this.name}`, this.#reporter.clock, options);
	}

	/** Nothing more comes in: the rest is given without waiting for the target, and to run out of it is no underrun. */
	end(): void {
		if (this.#isEnded) return;
		this.#refuseOwnFunctions();
		this.#isEnded = true;
		this.#changed();
		this.#tellOverflow();
	}

	/**
	 * Gives up all that is in it, as when the listener speaks up, and gives the playing time of that in milliseconds. What
	 * comes next begins a frame, and is held back again up to the target.
	 */
	clear(): number {
		this.#refuseOwnFunctions();
		const { units } = this.#line;
		this.#clearedUnits += units;
		this.#line.clear();
		this.#measure.reset();
		this.#owedUnits = 0;
		this.#wasFull = false;
		this.#flow = "cold";
		this.#isHeldBack = this.#settings.prebuffer;
		this.#changed();
		return this.#ms(units);
	}

	/** What a chunk is being divided for has counted on what is there. */
	#refuseOwnFunctions(): void {
		if (this.#line.isDividing) {
			throw new Error("StreamingBuffer: split and durationOf must not change the buffer that asks them");
		}
	}

	#mustJoin(): NonNullable<Measure<Chunk>["join"]> {
		const { join } = this.#measure;
		if (join === undefined) throw new TypeError("StreamingBuffer: read needs the option join; readViews does not");
		return join;
	}

	#overflowed(droppedUnits: number): void {
		this.#overflows++;
		this.#wasFull = true;
		this.#droppedUnits += droppedUnits;
		this.#untoldUnits = (this.#untoldUnits ?? 0) + droppedUnits;
		const meter = this.#findMeter();
		if (meter !== undefined) meter.overflow.value++;
		this.#changed();
	}

	#ranShort(units: number, beforeUnits: number, requestedMs: number): void {
		if (this.#isEnded) return;
		if (this.#flow === "cold") {
			if (units > 0) this.#flow = "steady";
			return;
		}
		if (this.#settings.rebuffer) this.#isHeldBack = true;
		if (this.#flow === "short") return;
		this.#flow = "short";
		this.#shortSinceMs = readMonotonic(this.#reporter.clock);
		this.#underruns++;
		const meter = this.#findMeter();
		if (meter !== undefined) meter.underrun.value++;
		this.#reporter.emit("stream.buffer_underrun", () => ({
			"stream.requested_ms": requestedMs,
			"stream.buffer_ms": this.#ms(beforeUnits),
		}));
	}

	#wentWell(beforeUnits: number): void {
		const wasShort = this.#flow === "short";
		this.#flow = "steady";
		if (!wasShort) return;
		this.#recoveries++;
		const meter = this.#findMeter();
		if (meter !== undefined) meter.recovered.value++;
		const underrunMs = readMonotonic(this.#reporter.clock) - this.#shortSinceMs;
		this.#reporter.emit("stream.buffer_recovered", () => ({
			"stream.buffer_ms": this.#ms(beforeUnits),
			"stream.underrun_ms": underrunMs,
		}));
	}

	/** What follows from any change: those who wait are woken, and what is due to be told is told. */
	#changed(): void {
		this.#measured();
		if (this.#isEnded || (this.#line.units > 0 && this.isReady)) {
			if (this.#flow === "cold") this.#flow = "steady";
			this.#isHeldBack = false;
			this.#waiters.wake();
		}
		if (this.#untoldUnits !== undefined && readMonotonic(this.#reporter.clock) >= this.#nextEventMs) {
			this.#tellOverflow();
		}
	}

	#tellOverflow(): void {
		const units = this.#untoldUnits;
		if (units === undefined) return;
		this.#untoldUnits = undefined;
		this.#nextEventMs = readMonotonic(this.#reporter.clock) + this.#settings.eventIntervalMs;
		this.#reporter.emit("stream.buffer_overflow", () => ({
			"stream.dropped_ms": this.#ms(units),
			"stream.buffer_ms": this.bufferedMs,
			"stream.max_buffer_ms": this.maxMs,
		}));
	}

	#measured(): void {
		const meter = this.#findMeter();
		if (meter === undefined) return;
		const { unitsPerSecond } = this.#measure;
		meter.fill.set(this.#line.units / unitsPerSecond);
		meter.dropped.set(this.#droppedUnits / unitsPerSecond);
	}

	/** Counts from the birth of the buffer on, or from when there is a provider. */
	#findMeter(): BufferMeter | undefined {
		if (this.#meter !== undefined) return this.#meter;
		try {
			const { instruments, labels } = this.#reporter;
			if (instruments !== undefined) this.#meter = new BufferMeter(this, instruments, labels);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
		return this.#meter;
	}

	#ms(units: number): number {
		return (units * 1_000) / this.#measure.unitsPerSecond;
	}
}

function checkDuration(durationMs: unknown): void {
	const where = "StreamingBuffer: durationMs";
	if (typeof durationMs !== "number") refuse(TypeError, where, "a positive number", durationMs);
	if (!(durationMs > 0 && durationMs < Number.POSITIVE_INFINITY)) {
		refuse(RangeError, where, "a positive number", durationMs);
	}
}
