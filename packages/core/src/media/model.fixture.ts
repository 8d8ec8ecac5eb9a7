// Over 250 lines: the model, the commands and how they are compared are read together.
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import type { EventAttributes } from "../event.ts";
import {
	BufferFullError,
	type BufferPolicy,
	footlight,
	type PcmEncoding,
	StreamingBuffer,
	type StreamingBufferOptions,
} from "../index.ts";
import { type Cell, cellOf } from "../telemetry/cells.ts";
import { findInstruments, type Instruments } from "../telemetry/instruments.ts";
import { type ManualClock, manualClock } from "../testing/index.ts";

/** What a buffer did that its model did not. */
export class Violation extends Error {}

interface Format {
	readonly encoding: PcmEncoding;
	readonly sampleBytes: number;
	readonly sampleRateHz: number;
	readonly channels: number;
}

interface Case {
	/** Of clips, where there is none. */
	readonly format: Format | undefined;
	/** Clips are divided at these tenths of a millisecond; 0 where they cannot be divided. */
	readonly grain: number;
	readonly targetMs: number;
	readonly maxMs: number;
	readonly maxChunks: number;
	readonly prebuffer: boolean;
	readonly rebuffer: boolean;
	readonly policy: BufferPolicy;
	readonly eventIntervalMs: number;
}

/** A chunk that is no audio: so many tenths of a millisecond of it, from one of them on. */
interface Clip {
	readonly id: number;
	readonly from: number;
	readonly tenths: number;
}

/** A frame, or (part of) a clip. */
interface Piece {
	readonly units: number;
	/** The bytes of a frame; a clip and where it begins. */
	readonly content: readonly number[];
}

const nanosecondsPerTenth = 100_000;

/** A buffer in a few lines: a list of what waits, read from the front. */
class Model {
	readonly given: Case;
	readonly frameBytes: number;
	readonly maxUnits: number;
	readonly targetUnits: number;
	readonly events: [string, EventAttributes][] = [];
	pieces: Piece[] = [];
	begun: number[] = [];
	nowMs = 0;
	/** Of 1/10,000 of a unit: an integer, as all here is. */
	owed = 0;
	flow: "cold" | "steady" | "short" = "cold";
	isHeldBack: boolean;
	wasFull = false;
	isEnded = false;
	shortSinceMs = 0;
	untold: number | undefined;
	nextEventMs = Number.NEGATIVE_INFINITY;
	waiting = 0;
	woken = 0;
	received = 0;
	read = 0;
	dropped = 0;
	cleared = 0;
	overflows = 0;
	underruns = 0;
	recoveries = 0;

	constructor(given: Case) {
		this.given = given;
		const { format, maxMs, targetMs, prebuffer } = given;
		this.frameBytes = format === undefined ? 1 : format.sampleBytes * format.channels;
		this.maxUnits = format === undefined ? maxMs * 10 : Math.floor((maxMs * format.sampleRateHz) / 1_000);
		const target = format === undefined ? targetMs * 10 : Math.ceil((targetMs * format.sampleRateHz) / 1_000);
		this.targetUnits = Math.min(target, this.maxUnits);
		this.isHeldBack = prebuffer;
	}

	get units(): number {
		return unitsOf(this.pieces);
	}

	get isReady(): boolean {
		return this.isEnded || this.units >= this.targetUnits || (this.wasFull && this.units > 0);
	}

	ms(units: number): number {
		const { format } = this.given;
		return format === undefined
			? (units * nanosecondsPerTenth * 1_000) / 1_000_000_000
			: (units * 1_000) / format.sampleRateHz;
	}

	seconds(units: number): number {
		const { format } = this.given;
		return format === undefined ? (units * nanosecondsPerTenth) / 1_000_000_000 : units / format.sampleRateHz;
	}

	/** Gives what is dropped; undefined where it is refused. */
	write(bytes: readonly number[], clip: Clip | undefined): number | undefined {
		const { policy, maxChunks } = this.given;
		const all = [...this.begun, ...bytes];
		const incoming: Piece[] = clip === undefined ? frames(all, this.frameBytes) : [pieceOf(clip)];
		const incomingUnits = unitsOf(incoming);
		this.received += incomingUnits;
		if (this.isEnded) {
			this.dropped += incomingUnits;
			return incomingUnits;
		}
		const isFull = clip !== undefined && this.pieces.length >= maxChunks;
		const isOver = isFull || this.units + incomingUnits > this.maxUnits;
		if (isOver && policy === "reject") {
			this.overflowed(incomingUnits);
			return undefined;
		}
		this.begun = all.slice(incoming.length * this.frameBytes);
		const before = this.units + incomingUnits;
		if (policy === "drop-newest") this.fill(incoming);
		else this.slide(incoming);
		if (isOver) this.overflowed(before - this.units);
		else this.changed();
		return before - this.units;
	}

	fill(incoming: readonly Piece[]): void {
		for (const piece of incoming) {
			if (this.given.format === undefined && this.pieces.length >= this.given.maxChunks) continue;
			const room = this.maxUnits - this.units;
			const [first] = piece.units <= room ? [piece] : (this.cut(piece, room) ?? []);
			if (first !== undefined) this.pieces.push(first);
		}
	}

	slide(incoming: readonly Piece[]): void {
		for (const piece of incoming) {
			const [, rest] = piece.units <= this.maxUnits ? [0, piece] : (this.cut(piece, piece.units - this.maxUnits) ?? []);
			if (rest !== undefined && rest.units <= this.maxUnits) this.pieces.push(rest);
		}
		while (this.units > this.maxUnits) {
			const front = this.pieces.shift() as Piece;
			const [, rest] = this.cut(front, this.units + front.units - this.maxUnits) ?? [];
			if (rest !== undefined) this.pieces.unshift(rest);
		}
		if (this.given.format !== undefined) return;
		while (this.pieces.length > this.given.maxChunks) this.pieces.shift();
	}

	/** A clip in two, of which the first has no more than so many units. */
	cut({ units, content }: Piece, atUnits: number): [Piece, Piece] | undefined {
		const { grain } = this.given;
		if (grain === 0) return undefined;
		const at = atUnits - (atUnits % grain);
		if (at <= 0 || at >= units) return undefined;
		const [id, from] = content as [number, number];
		return [
			{ units: at, content: [id, from] },
			{ units: units - at, content: [id, from + at] },
		];
	}

	take(tenths: number): number[][] {
		const { format, rebuffer } = this.given;
		const due = this.owed + (format === undefined ? tenths * 10_000 : tenths * format.sampleRateHz);
		const wanted = Math.max(0, Math.floor((due + 5_000) / 10_000));
		const given: Piece[] = [];
		if (this.isHeldBack) {
			this.owed = due - wanted * 10_000;
			this.changed();
			return [];
		}
		const before = this.units;
		for (let front = this.pieces[0]; front !== undefined; front = this.pieces[0]) {
			const left = wanted - unitsOf(given);
			if (front.units > left && left <= 0) break;
			this.pieces.shift();
			const parts = front.units > left ? this.cut(front, left) : undefined;
			given.push(parts?.[0] ?? front);
			if (parts === undefined) continue;
			this.pieces.unshift(parts[1]);
			break;
		}
		const units = unitsOf(given);
		const isShort = units < wanted && this.pieces.length === 0;
		this.owed = due - (isShort ? wanted : units) * 10_000;
		this.read += units;
		if (given.length > 0) this.wasFull = false;
		this.changed();
		if (isShort && !this.isEnded && this.flow !== "cold") {
			if (rebuffer) this.isHeldBack = true;
			if (this.flow === "steady") {
				this.flow = "short";
				this.underruns++;
				this.shortSinceMs = this.nowMs;
				this.tell("underrun", { "stream.requested_ms": tenths / 10, "stream.buffer_ms": this.ms(before) });
			}
		} else if (isShort && !this.isEnded && units > 0) this.flow = "steady";
		else if (!isShort && wanted > 0) {
			const underrunMs = this.nowMs - this.shortSinceMs;
			if (this.flow === "short") {
				this.recoveries++;
				this.tell("recovered", { "stream.buffer_ms": this.ms(before), "stream.underrun_ms": underrunMs });
			}
			this.flow = "steady";
		}
		return contents(given);
	}

	end(): void {
		if (this.isEnded) return;
		this.isEnded = true;
		this.isHeldBack = false;
		this.changed();
		this.tellOverflow();
		this.wake();
	}

	clear(): number {
		const units = this.units;
		this.cleared += units;
		this.pieces = [];
		this.begun = [];
		this.owed = 0;
		this.wasFull = false;
		this.flow = "cold";
		this.isHeldBack = this.given.prebuffer && !this.isEnded;
		this.changed();
		return units;
	}

	overflowed(units: number): void {
		this.overflows++;
		this.dropped += units;
		this.wasFull = true;
		this.untold = (this.untold ?? 0) + units;
		this.changed();
	}

	changed(): void {
		if (this.units > 0 && this.isReady) {
			if (this.flow === "cold") this.flow = "steady";
			this.isHeldBack = false;
			this.wake();
		}
		if (this.nowMs >= this.nextEventMs) this.tellOverflow();
	}

	wake(): void {
		this.woken += this.waiting;
		this.waiting = 0;
	}

	tellOverflow(): void {
		if (this.untold === undefined) return;
		this.tell("overflow", {
			"stream.dropped_ms": this.ms(this.untold),
			"stream.buffer_ms": this.ms(this.units),
			"stream.max_buffer_ms": this.given.maxMs,
		});
		this.nextEventMs = this.nowMs + this.given.eventIntervalMs;
		this.untold = undefined;
	}

	tell(event: string, attributes: EventAttributes): void {
		this.events.push([`stream.buffer_${event}`, { "stream.name": "media", ...attributes }]);
	}
}

const unitsOf = (pieces: readonly Piece[]) => pieces.reduce((sum, { units }) => sum + units, 0);
const pieceOf = ({ id, from, tenths }: Clip): Piece => ({ units: tenths, content: [id, from] });

function frames(bytes: readonly number[], frameBytes: number): Piece[] {
	return Array.from({ length: Math.floor(bytes.length / frameBytes) }, (_, frame) => ({
		units: 1,
		content: bytes.slice(frame * frameBytes, (frame + 1) * frameBytes),
	}));
}

/** Parts of one clip that follow each other are told as one: how often it was divided is of no interest. */
function contents(given: readonly Piece[]): number[][] {
	return given.map(({ units, content }) => [...content, units]);
}

interface Real {
	readonly buffer: StreamingBuffer<unknown>;
	readonly clock: ManualClock;
	readonly events: [string, EventAttributes][];
	readonly cells: ReturnType<typeof cellsOf>;
	readonly views: boolean;
	bytesWritten: number;
	clipsWritten: number;
	woken: number;
}

const { meterProvider } = recordMetrics();
const light = footlight("call", { meterProvider });
const labels = { "pipeline.name": "call", "stage.name": "play", "stream.name": "media" };

/** Numbers of all buffers there were: each case looks at what it adds to them. */
function cellsOf() {
	const instruments = findInstruments(meterProvider) as Instruments;
	const event = (name: string) =>
		since(cellOf(instruments, "pipeline.stream.buffer.events", { ...labels, "stream.buffer_event": name }));
	return {
		fill: since(cellOf(instruments, "pipeline.stream.buffer.fill", labels)),
		dropped: since(cellOf(instruments, "pipeline.stream.buffer.dropped_time", labels)),
		overflow: event("overflow"),
		underrun: event("underrun"),
		recovered: event("recovered"),
	};
}

function since(cell: Cell): () => number {
	const before = cell.value;
	return () => cell.value - before;
}

function must(what: string, expected: unknown, actual: unknown): void {
	const [model, buffer] = [JSON.stringify(expected), JSON.stringify(actual)];
	if (model !== buffer) throw new Violation(`${what}: the model has ${model}, the buffer ${buffer}`);
}

async function compare(model: Model, real: Real): Promise<void> {
	const { buffer, cells } = real;
	const { overflows, underruns, recoveries } = model;
	must("playing time", model.ms(model.units), buffer.bufferedMs);
	must("ready", model.isReady, buffer.isReady);
	must("done", model.isEnded && model.pieces.length === 0, buffer.isDone);
	const figures = {
		receivedMs: model.ms(model.received),
		readMs: model.ms(model.read),
		droppedMs: model.ms(model.dropped),
		clearedMs: model.ms(model.cleared),
		bufferedMs: model.ms(model.units),
	};
	must("snapshot", { ...figures, overflows, underruns, recoveries }, buffer.snapshot());
	must("nothing is lost", model.received, model.read + model.dropped + model.cleared + model.units);
	must("events", model.events, real.events);
	const steps = (units: number) => Math.round(model.seconds(units) * 2 ** 20) / 2 ** 20;
	const counted = [steps(model.units), steps(model.dropped), overflows, underruns, recoveries];
	must(
		"metrics",
		counted,
		[cells.fill, cells.dropped, cells.overflow, cells.underrun, cells.recovered].map((cell) => cell()),
	);
	await nextTurn();
	must("woken", model.woken, real.woken);
}

type Command = fc.AsyncCommand<Model, Real>;

class Write implements Command {
	readonly size: number;

	constructor(size: number) {
		this.size = size;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		const bytes: number[] = [];
		let clip: Clip | undefined;
		if (model.given.format === undefined) clip = { id: real.clipsWritten, from: 0, tenths: this.size };
		else bytes.push(...Array.from({ length: this.size }, (_, index) => (real.bytesWritten + index) % 251));
		const expected = model.write(bytes, clip);
		const chunk = clip ?? odd(bytes);
		let actual: number | undefined;
		try {
			actual = real.buffer.write(chunk);
		} catch (error) {
			if (!(error instanceof BufferFullError)) throw error;
		}
		// What is refused comes again, in other pieces: its bytes are not lost to the frames.
		if (expected !== undefined) real.bytesWritten += this.size;
		real.clipsWritten++;
		must("dropped by a write", expected === undefined ? undefined : model.ms(expected), actual);
		await compare(model, real);
	}

	toString = () => `write(${this.size})`;
}

/** Bytes that begin anywhere in their memory, as a Buffer now and then. */
function odd(bytes: readonly number[]): Uint8Array {
	const memory = bytes.length % 2 === 0 ? new Uint8Array(bytes.length + 5) : Buffer.alloc(bytes.length + 5);
	memory.set(bytes, 3);
	return memory.subarray(3, 3 + bytes.length);
}

class Read implements Command {
	readonly tenths: number;

	constructor(tenths: number) {
		this.tenths = tenths;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		const { format } = model.given;
		const durationMs = this.tenths / 10;
		const expected = model.take(this.tenths);
		if (format === undefined) must("clips", expected, clipsOf(real, durationMs));
		else
			must(
				"bytes",
				expected.flatMap((frame) => frame.slice(0, -1)),
				bytesOf(real, durationMs),
			);
		await compare(model, real);
	}

	toString = () => `read(${this.tenths / 10})`;
}

function clipsOf({ buffer, views }: Real, durationMs: number): number[][] {
	const clips = views ? buffer.readViews(durationMs) : ([buffer.read(durationMs)].flat() as unknown[]);
	return (clips as (Clip | undefined)[]).flatMap((clip) =>
		clip === undefined ? [] : [[clip.id, clip.from, clip.tenths]],
	);
}

function bytesOf({ buffer, views }: Real, durationMs: number): number[] {
	const chunks = views ? buffer.readViews(durationMs) : [buffer.read(durationMs) ?? new Uint8Array(0)];
	return chunks.flatMap((chunk) => {
		must("kind of bytes", "Uint8Array", (chunk as object).constructor.name);
		return [...(chunk as Uint8Array)];
	});
}

class Advance implements Command {
	readonly ms: number;

	constructor(ms: number) {
		this.ms = ms;
	}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.nowMs += this.ms;
		await real.clock.advance(this.ms);
	}

	toString = () => `advance(${this.ms})`;
}

class Wait implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.waiting++;
		if (model.isReady) model.wake();
		void real.buffer.waitUntilReady().then(() => {
			real.woken++;
		});
		await compare(model, real);
	}

	toString = () => "wait until ready";
}

class End implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		model.end();
		real.buffer.end();
		await compare(model, real);
	}

	toString = () => "end";
}

class Clear implements Command {
	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		must("cleared", model.ms(model.clear()), real.buffer.clear());
		await compare(model, real);
	}

	toString = () => "clear";
}

function setUp(given: Case, views: boolean): { model: Model; real: Real } {
	const { format, grain, ...options } = given;
	const clock = manualClock();
	const events: Real["events"] = [];
	const common = {
		...options,
		name: "media",
		clock,
		onEvent: (name: string, attributes: EventAttributes) => void events.push([name, attributes]),
	};
	let made: StreamingBufferOptions<unknown>;
	if (format === undefined) {
		made = {
			...common,
			durationOf: (clip) => (clip as Clip).tenths / 10,
			join: (clips) => clips.flat(),
			...(grain > 0 && { split: (clip, ms) => split(clip as Clip, ms, grain) }),
		};
	} else {
		const { encoding, sampleRateHz, channels } = format;
		made = { ...common, maxChunks: 100_000, format: { encoding, sampleRateHz, channels } };
	}
	const cells = cellsOf();
	let buffer: StreamingBuffer<unknown> | undefined;
	light.stage("play", () => {
		buffer = new StreamingBuffer<unknown>(made);
	})();
	const real = { buffer: buffer as unknown as StreamingBuffer<unknown>, clock, events, cells, views };
	return { model: new Model(given), real: { ...real, bytesWritten: 0, clipsWritten: 0, woken: 0 } };
}

function split({ id, from, tenths }: Clip, ms: number, grain: number): readonly [Clip, Clip] {
	const at = Math.floor(Math.round(ms * 10) / grain) * grain;
	return [
		{ id, from, tenths: at },
		{ id, from: from + at, tenths: tenths - at },
	];
}

const someFormats: readonly Format[] = [
	{ encoding: "pcm_u8", sampleBytes: 1, sampleRateHz: 1_000, channels: 1 },
	{ encoding: "pcm_s16le", sampleBytes: 2, sampleRateHz: 1_000, channels: 1 },
	{ encoding: "pcm_s24le", sampleBytes: 3, sampleRateHz: 1_000, channels: 1 },
	{ encoding: "pcm_s24be", sampleBytes: 3, sampleRateHz: 1_225, channels: 2 },
	{ encoding: "pcm_f32le", sampleBytes: 4, sampleRateHz: 1_225, channels: 2 },
	{ encoding: "pcm_f64le", sampleBytes: 8, sampleRateHz: 800, channels: 1 },
];

const limits = fc.record({
	targetMs: fc.integer({ min: 0, max: 60 }),
	maxMs: fc.integer({ min: 10, max: 80 }),
	maxChunks: fc.constantFrom(3, 6, 1_000),
	prebuffer: fc.boolean(),
	rebuffer: fc.boolean(),
	policy: fc.constantFrom<BufferPolicy>("drop-oldest", "drop-newest", "reject"),
	eventIntervalMs: fc.constantFrom(0, 100),
});

const cases: fc.Arbitrary<Case> = fc
	.tuple(limits, fc.option(fc.constantFrom(...someFormats), { nil: undefined }), fc.constantFrom(0, 10, 35))
	.map(([given, format, grain]) => ({
		...given,
		targetMs: Math.min(given.targetMs, given.maxMs),
		format,
		grain: format === undefined ? grain : 0,
	}));

const commands = fc.commands(
	[
		fc.integer({ min: 0, max: 150 }).map((size) => new Write(size)),
		fc.integer({ min: 0, max: 400 }).map((size) => new Write(size)),
		fc.constantFrom(0, 1, 1_000, 3_000).map((size) => new Write(size)),
		// Of which a unit is a fraction that can be told exactly.
		fc.constantFrom(25, 50, 100, 200).map((tenths) => new Read(tenths)),
		fc.constantFrom(25, 50, 100, 200, 800).map((tenths) => new Read(tenths)),
		fc.constantFrom(1, 20, 99, 100).map((ms) => new Advance(ms)),
		fc.constant(new Wait()),
		fc.integer({ min: 0, max: 3 }).map((dice) => (dice === 0 ? new End() : new Read(100))),
		fc.integer({ min: 0, max: 2 }).map((dice) => (dice === 0 ? new Clear() : new Write(120))),
	],
	{ maxCommands: 50, size: "max" },
);

/** Histories of a buffer, each held against the model after every step. */
export const bufferProperty: fc.IAsyncProperty<[Case, boolean, Iterable<Command>]> = fc.asyncProperty(
	cases,
	fc.boolean(),
	commands,
	async (given, views, history) => {
		const { model, real } = setUp(given, views);
		try {
			await fc.asyncModelRun(() => ({ model, real }), history);
		} finally {
			// Its part of the numbers that all share.
			real.buffer.clear();
		}
	},
);
