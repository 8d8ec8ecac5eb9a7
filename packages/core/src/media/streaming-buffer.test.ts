// Over 250 lines: what a buffer does, one after the other.
import { describe, expect, it } from "vitest";
import {
	BufferFullError,
	classify,
	type PcmEncoding,
	type PcmFormat,
	StreamingBuffer,
	type StreamingBufferOptions,
} from "../index.ts";
import { manualClock } from "../testing/index.ts";

/** A byte for each millisecond. */
const byteAMs: PcmFormat = { encoding: "pcm_u8", sampleRateHz: 1_000 };
const speech: PcmFormat = { encoding: "pcm_s16le", sampleRateHz: 16_000 };

function setUp(options: Partial<StreamingBufferOptions> = {}) {
	const events: string[] = [];
	const clock = manualClock();
	const buffer = new StreamingBuffer({
		name: "media",
		format: byteAMs,
		targetMs: 20,
		maxMs: 100,
		clock,
		onEvent: (name, attributes) => {
			const { "stream.name": _, ...rest } = attributes;
			events.push(`${name.replace("stream.buffer_", "")} ${Object.values(rest).join(" ")}`);
		},
		...options,
	} as StreamingBufferOptions);
	return { buffer, events, clock };
}

let next = 0;
/** Bytes of which no two near each other are the same. */
const bytes = (count: number) => Uint8Array.from({ length: count }, () => next++ % 251);
const joined = (chunks: readonly (Uint8Array | undefined)[]) => chunks.flatMap((chunk) => [...(chunk ?? [])]);

describe("where the seed of this buffer fails", () => {
	it("has no underrun while it is cold, and was never filled", () => {
		for (const prebuffer of [true, false]) {
			const { buffer, events } = setUp({ prebuffer });
			expect([buffer.read(20), buffer.read(20)]).toEqual([undefined, undefined]);
			buffer.write(bytes(10));
			expect(buffer.read(20)?.length).toBe(prebuffer ? undefined : 10);
			expect(events).toEqual([]);
		}
	});

	it("tells of a chunk that is too long by itself, and keeps the end of it: 500 ms for 100", () => {
		const { buffer, events } = setUp();
		const chunk = bytes(500);
		expect(buffer.write(chunk)).toBe(400);
		expect(buffer.bufferedMs).toBe(100);
		expect(events).toEqual(["overflow 400 100 100"]);
		expect(buffer.read(100)).toEqual(chunk.subarray(400));
	});

	it("knows that a second of PCM with 24 bits is a second, and not 750 ms", () => {
		const { buffer } = setUp({ format: { encoding: "pcm_s24le", sampleRateHz: 16_000 }, maxMs: 2_000 });
		buffer.write(new Uint8Array(3 * 16_000));
		expect(buffer.bufferedMs).toBe(1_000);
	});

	it("fills up to its target again after an underrun, where it is asked to", () => {
		const { buffer, events, clock } = setUp({ rebuffer: true });
		void clock.advance(1);
		buffer.write(bytes(20));
		expect([buffer.read(15)?.length, buffer.read(15)?.length]).toEqual([15, 5]);
		buffer.write(bytes(19));
		expect([buffer.isReady, buffer.read(10)]).toEqual([false, undefined]);
		buffer.write(bytes(1));
		expect([buffer.isReady, buffer.read(10)?.length]).toEqual([true, 10]);
		expect(events).toEqual(["underrun 15 5", "recovered 20 0"]);
	});
});

describe("a buffer of PCM", () => {
	it.each<[PcmEncoding, number]>([
		["pcm_s8", 1],
		["pcm_u8", 1],
		["pcm_mulaw", 1],
		["pcm_alaw", 1],
		["pcm_s16le", 2],
		["pcm_s16be", 2],
		["pcm_s24le", 3],
		["pcm_s24be", 3],
		["pcm_s32le", 4],
		["pcm_s32be", 4],
		["pcm_f32le", 4],
		["pcm_f32be", 4],
		["pcm_f64le", 8],
		["pcm_f64be", 8],
	])("counts a second of %s, of one channel and of six", (encoding, sampleBytes) => {
		for (const channels of [1, 6]) {
			const { buffer } = setUp({ format: { encoding, sampleRateHz: 11_025, channels }, maxMs: 2_000 });
			buffer.write(new Uint8Array(11_025 * sampleBytes * channels));
			expect(buffer.bufferedMs).toBe(1_000);
			expect(buffer.read(1_000)?.length).toBe(11_025 * sampleBytes * channels);
		}
	});

	it("gives views of what was written, and copies only what several chunks have", () => {
		const { buffer } = setUp();
		const [first, second] = [bytes(30), bytes(30)];
		buffer.write(first);
		buffer.write(second);
		const inFirst = buffer.read(20);
		expect([inFirst?.buffer, inFirst?.byteOffset]).toEqual([first.buffer, 0]);
		const across = buffer.read(20);
		expect(across).toEqual(Uint8Array.from([...first.subarray(20), ...second.subarray(0, 10)]));
		expect([first.buffer, second.buffer]).not.toContain(across?.buffer);
		buffer.write(first);
		const views = buffer.readViews(25);
		expect(views.map((view) => [view.buffer, view.byteOffset, view.length])).toEqual([
			[second.buffer, 10, 20],
			[first.buffer, 0, 5],
		]);
	});

	it("gives plain bytes, whether or not a Buffer of Node came in", () => {
		const { buffer } = setUp();
		for (let time = 0; time < 2; time++) buffer.write(Buffer.alloc(20));
		const chunks = [buffer.read(10), buffer.read(20), ...buffer.readViews(10)];
		expect(chunks.map((chunk) => [chunk?.constructor, chunk?.length])).toEqual([
			[Uint8Array, 10],
			[Uint8Array, 20],
			[Uint8Array, 10],
		]);
	});

	it("never breaks a frame, wherever chunks end", () => {
		const { buffer } = setUp({ format: { encoding: "pcm_s24le", sampleRateHz: 1_000, channels: 2 }, targetMs: 0 });
		const all = bytes(6 * 20 + 5);
		let from = 0;
		const given: Uint8Array[] = [];
		for (const size of [1, 1, 3, 1, 5, 2, 11, 7, 0, 30, 4, 60]) {
			buffer.write(all.subarray(from, from + size));
			from += size;
			const chunk = buffer.read(2);
			if (chunk !== undefined) given.push(chunk);
		}
		expect(from).toBe(all.length);
		buffer.end();
		given.push(buffer.read(100) as Uint8Array);
		expect(given.every(({ length }) => length % 6 === 0)).toBe(true);
		expect(joined(given)).toEqual([...all.subarray(0, 120)]);
		expect(buffer.isDone).toBe(true);
	});

	it("begins a frame anew once it was cleared", () => {
		const { buffer } = setUp({ format: speech });
		buffer.write(bytes(641));
		expect(buffer.clear()).toBe(20);
		expect(buffer.bufferedMs).toBe(0);
		const chunk = bytes(640);
		buffer.write(chunk);
		expect(buffer.read(20)).toEqual(chunk);
	});

	it("keeps the frames apart where it drops what comes", () => {
		const { buffer } = setUp({ format: { encoding: "pcm_s32le", sampleRateHz: 1_000 }, policy: "drop-newest" });
		const chunk = bytes(4 * 150 + 3);
		expect(buffer.write(chunk)).toBe(50);
		const rest = Uint8Array.of(1, ...bytes(8));
		buffer.read(50);
		buffer.write(rest);
		buffer.read(50);
		expect(joined([buffer.read(10)])).toEqual([...chunk.subarray(600), ...rest]);
	});

	it.each([
		[11_025, 20],
		[44_100, 1_000 / 60],
		[22_050, 0.7],
		[48_000, 21.333],
		[8_000, 0.1],
	])("is not off by a frame after 100,000 reads: %i Hz, %f ms at a time", (sampleRateHz, durationMs) => {
		const { buffer } = setUp({ format: { encoding: "pcm_u8", sampleRateHz } });
		const reads = 100_000;
		const chunk = new Uint8Array(sampleRateHz / 25);
		let frames = 0;
		for (let read = 0; read < reads; read++) {
			while (buffer.bufferedMs < 40) buffer.write(chunk);
			frames += buffer.read(durationMs)?.length ?? 0;
		}
		expect(Math.abs(frames - (reads * durationMs * sampleRateHz) / 1_000)).toBeLessThanOrEqual(0.501);
		expect(buffer.snapshot()).toMatchObject({ droppedMs: 0, underruns: 0, readMs: (frames * 1_000) / sampleRateHz });
	});

	it("does not make up for time that was lost", () => {
		const { buffer } = setUp();
		buffer.write(bytes(20));
		expect(buffer.read(80)?.length).toBe(20);
		buffer.write(bytes(50));
		expect(buffer.read(10)?.length).toBe(10);
	});
});

describe("a buffer of other chunks", () => {
	const words = (options: Partial<StreamingBufferOptions<string>> = {}) => {
		const events: string[] = [];
		const buffer = new StreamingBuffer({
			name: "words",
			durationOf: (word: string) => word.length * 10,
			join: (chunks) => chunks.join(""),
			targetMs: 0,
			maxMs: 200,
			onEvent: (name) => events.push(name),
			...options,
		});
		return { buffer, events };
	};

	it("gives a token whole at its time, and the next when that is over", () => {
		const { buffer, events } = words();
		for (const word of ["Hello", " ", "world"]) buffer.write(word);
		expect(buffer.bufferedMs).toBe(110);
		const given = Array.from({ length: 7 }, () => buffer.read(20));
		expect(given).toEqual(["Hello", undefined, " ", "world", undefined, undefined, undefined]);
		expect(events).toEqual(["stream.buffer_underrun"]);
	});

	it("divides them where somebody says how", () => {
		const { buffer } = words({ split: (word, ms) => [word.slice(0, ms / 10), word.slice(ms / 10)] });
		buffer.write("Hello");
		buffer.write("world");
		expect([buffer.read(20), buffer.read(40), buffer.readViews(30), buffer.read(10)]).toEqual([
			"He",
			"llow",
			["orl"],
			"d",
		]);
	});

	it("drops whole what cannot be divided, and of what can only what there is no room for", () => {
		const { buffer } = words({ maxMs: 100 });
		for (const word of ["12345", "678", "90ab"]) buffer.write(word);
		expect([buffer.bufferedMs, buffer.snapshot().droppedMs]).toEqual([70, 50]);
		expect(buffer.write("far too long to fit")).toBe(190);
		expect(buffer.read(100)).toBe("67890ab");
		const divided = words({ maxMs: 100, split: (word, ms) => [word.slice(0, ms / 10), word.slice(ms / 10)] }).buffer;
		for (const word of ["12345", "678", "90ab"]) divided.write(word);
		expect(divided.read(100)).toBe("34567890ab");
		divided.write("far too long to fit");
		expect(divided.read(100)).toBe("ong to fit");
	});

	it("is bounded in chunks that last no time", () => {
		const { buffer, events } = words({ maxChunks: 3 });
		for (const word of ["", "a", "", ""]) buffer.write(word);
		expect(events).toEqual(["stream.buffer_overflow"]);
		expect(buffer.readViews(10)).toEqual(["a", "", ""]);
	});

	it("adds up fractions of a millisecond exactly", () => {
		const { buffer } = words({ durationOf: () => 0.1, maxMs: 2_000 });
		for (let chunk = 0; chunk < 10_000; chunk++) buffer.write("x");
		expect(buffer.bufferedMs).toBe(1_000);
	});

	it.each([
		[
			"a promise",
			async (word: string, ms: number) => [word.slice(0, ms / 10), word.slice(ms / 10)],
			"an instance of Promise",
		],
		["one part", (word: string) => [word], "an array of 1"],
		["nothing", () => undefined, "undefined"],
	])("takes a split that gives %s for one that failed", (_, split, given) => {
		const { buffer } = words({ split: split as never });
		buffer.write("Hello");
		expect(() => buffer.read(20)).toThrow(
			new TypeError(`StreamingBuffer: what split gives must be an array of two chunks, got ${given}`),
		);
		expect(buffer.read(50)).toBe("Hello");
	});

	it("hears functions that are async and reject: nobody else would", async () => {
		const unhandled: unknown[] = [];
		const hear = (error: unknown) => unhandled.push(error);
		process.on("unhandledRejection", hear);
		const rejecting = (async () => {
			throw new Error("boom");
		}) as never;
		const notNumbers = words({ durationOf: rejecting }).buffer;
		expect(() => notNumbers.write("Hello")).toThrow(
			"what durationOf gives must be a number of at least 0, got an inst",
		);
		const { buffer } = words({ split: rejecting, join: rejecting, maxMs: 100 });
		for (const word of ["Hello", "world"]) buffer.write(word);
		expect(() => buffer.read(20)).toThrow(
			"what split gives must be an array of two chunks, got an instance of Promise",
		);
		expect(() => buffer.read(100)).toThrow("what join gives must be a chunk, got an instance of Promise");
		buffer.write("far too long to fit");
		await new Promise(setImmediate);
		process.off("unhandledRejection", hear);
		expect(unhandled).toEqual([]);
	});

	it.each<[string, (buffer: StreamingBuffer<string>) => unknown]>([
		["clear", (buffer) => buffer.clear()],
		["write", (buffer) => buffer.write("more")],
		["read", (buffer) => buffer.read(10)],
		["end", (buffer) => buffer.end()],
	])("cannot be told to %s by its own split, and loses nothing to it", (_, use) => {
		const { buffer } = words({
			split: (word, ms) => {
				use(buffer);
				return [word.slice(0, ms / 10), word.slice(ms / 10)];
			},
		});
		buffer.write("Hello");
		expect(() => buffer.read(20)).toThrow(
			new Error("StreamingBuffer: split and durationOf must not change the buffer that asks them"),
		);
		expect(buffer.snapshot()).toMatchObject({ receivedMs: 50, bufferedMs: 50, readMs: 0, clearedMs: 0 });
		expect([buffer.isEnded, buffer.read(50)]).toEqual([false, "Hello"]);
	});

	it("needs to be told how to join them, or gives them apart", () => {
		const { buffer } = words({ join: undefined });
		buffer.write("Hello");
		expect(() => buffer.read(10)).toThrow(
			new TypeError("StreamingBuffer: read needs the option join; readViews does not"),
		);
		expect(buffer.readViews(10)).toEqual(["Hello"]);
	});

	it("loses nothing to a split that throws, and drops whole what it cannot divide", () => {
		const { buffer } = words({
			split: () => {
				throw new Error("boom");
			},
			maxMs: 100,
		});
		for (const word of ["Hello", "world"]) buffer.write(word);
		expect(() => buffer.read(60)).toThrow("boom");
		expect(buffer.read(50)).toBe("Hello");
		expect(buffer.write("123456")).toBe(50);
		expect(buffer.read(60)).toBe("123456");
	});

	it.each([
		["a duration that is no number", "1", TypeError],
		["none", undefined, TypeError],
		["a negative one", -1, RangeError],
		["NaN", Number.NaN, RangeError],
		["one without an end", Number.POSITIVE_INFINITY, RangeError],
	])("refuses %s, and takes nothing", (_, duration, kind) => {
		const { buffer } = words({ durationOf: () => duration as number });
		expect(() => buffer.write("x")).toThrow(kind);
		expect(() => buffer.write("x")).toThrow(
			/^StreamingBuffer: what durationOf gives must be a number of at least 0, got/,
		);
		expect(buffer.snapshot()).toMatchObject({ receivedMs: 0, bufferedMs: 0 });
	});
});

describe("a full buffer", () => {
	it.each([
		["drop-oldest", 90, "overflow 30 100 100"],
		["drop-newest", 60, "overflow 30 100 100"],
	] as const)("with the policy %s", (policy, last, event) => {
		const { buffer, events } = setUp({ policy });
		const all = Uint8Array.from({ length: 130 }, (_, index) => index);
		for (let from = 0; from < 130; from += 65) buffer.write(all.subarray(from, from + 65));
		expect(events).toEqual([event]);
		const given = joined([buffer.read(100)]);
		expect([given.length, given.at(last - 60)]).toEqual([100, policy === "drop-oldest" ? 60 : 0]);
	});

	it("refuses a chunk whole, which can come again, where it is asked to", () => {
		const { buffer, events } = setUp({ policy: "reject" });
		const [first, second] = [bytes(90), bytes(20)];
		buffer.write(first);
		let refusal: unknown;
		try {
			buffer.write(second);
		} catch (error) {
			refusal = error;
		}
		expect(refusal).toBeInstanceOf(BufferFullError);
		expect(refusal).toMatchObject({
			bufferName: "media",
			message: "[buffer_full] buffer media: 20 ms do not fit, 90 of 100 ms are taken",
		});
		expect(classify(refusal)).toBe("rejected");
		expect(events).toEqual(["overflow 20 90 100"]);
		buffer.read(10);
		expect(buffer.write(second)).toBe(0);
		expect(joined([buffer.read(100)])).toEqual([...first.subarray(10), ...second]);
	});

	it("can be read though its chunks are too long for its target", () => {
		const { buffer } = setUp({ policy: "reject", targetMs: 100 });
		buffer.write(bytes(60));
		expect(buffer.read(10)).toBeUndefined();
		expect(() => buffer.write(bytes(60))).toThrow(BufferFullError);
		expect(buffer.isReady).toBe(true);
		expect(buffer.read(10)?.length).toBe(10);
	});
});

describe("underruns", () => {
	it("are told once each, and so is that the buffer can give again what it is asked for", async () => {
		const { buffer, events, clock } = setUp();
		buffer.write(bytes(30));
		for (let read = 0; read < 4; read++) buffer.read(20);
		await clock.advance(70);
		buffer.write(bytes(10));
		buffer.read(20);
		buffer.write(bytes(30));
		buffer.read(20);
		buffer.read(20);
		expect(events).toEqual(["underrun 20 10", "recovered 30 70", "underrun 20 10"]);
		expect(buffer.snapshot()).toMatchObject({ underruns: 2, recoveries: 1 });
	});

	it("are none once it has ended, and what is left is given short, without waiting for the target", () => {
		const { buffer, events } = setUp();
		buffer.write(bytes(15));
		expect(buffer.read(10)).toBeUndefined();
		buffer.end();
		buffer.end();
		expect([buffer.isReady, buffer.isEnded, buffer.isDone]).toEqual([true, true, false]);
		expect([buffer.read(10)?.length, buffer.read(10)?.length, buffer.read(10)]).toEqual([10, 5, undefined]);
		expect(buffer.isDone).toBe(true);
		expect(events).toEqual([]);
	});

	it("are none after a barge-in, until it is filled again", () => {
		const { buffer, events } = setUp();
		buffer.write(bytes(50));
		buffer.read(20);
		expect(buffer.clear()).toBe(30);
		expect(buffer.read(20)).toBeUndefined();
		buffer.write(bytes(10));
		expect(buffer.read(20)).toBeUndefined();
		expect(events).toEqual([]);
		expect(buffer.snapshot()).toMatchObject({
			receivedMs: 60,
			readMs: 20,
			clearedMs: 30,
			bufferedMs: 10,
			droppedMs: 0,
		});
	});

	it("count what comes after the end as dropped", () => {
		const { buffer, events } = setUp();
		buffer.end();
		expect(buffer.write(bytes(30))).toBe(30);
		expect(buffer.snapshot()).toMatchObject({ receivedMs: 30, droppedMs: 30, bufferedMs: 0, overflows: 0 });
		expect(events).toEqual([]);
	});
});

describe("who waits for a buffer", () => {
	it("goes on once the target is reached, or when it ends", async () => {
		for (const finish of ["target", "end"]) {
			const { buffer } = setUp();
			let isReady = false;
			const waits = [1, 2].map(() => buffer.waitUntilReady().then(() => (isReady = true)));
			buffer.write(bytes(19));
			await new Promise(setImmediate);
			expect(isReady).toBe(false);
			if (finish === "target") buffer.write(bytes(1));
			else buffer.end();
			await Promise.all(waits);
			await buffer.waitUntilReady();
		}
	});

	it("gives up at its time, or by its signal, and leaves nothing behind", async () => {
		const { buffer, clock } = setUp();
		const abort = new AbortController();
		const late = expect(buffer.waitUntilReady({ timeoutMs: 50, signal: abort.signal })).rejects.toThrow(
			"[timeout] filling of buffer media did not settle within 50 ms",
		);
		const aborted = expect(buffer.waitUntilReady({ timeoutMs: 90, signal: abort.signal })).rejects.toBe("enough");
		await clock.advance(50);
		await late;
		abort.abort("enough");
		await aborted;
		await expect(buffer.waitUntilReady({ signal: abort.signal })).rejects.toBe("enough");
		expect(clock.pendingSleeps).toBe(0);
		await expect(buffer.waitUntilReady({ timeoutMs: 0 })).rejects.toThrow(RangeError);
	});
});

describe("a reader that goes by the clock", () => {
	it("has so much each time so much has passed, and hears of silence", async () => {
		const { buffer, clock } = setUp();
		const startMs = clock.monotonicMs();
		const played: [number, number | undefined][] = [];
		const playing = (async () => {
			for await (const chunk of buffer.readEvery(20)) played.push([clock.monotonicMs() - startMs, chunk?.length]);
		})();
		await clock.advance(30);
		buffer.write(bytes(50));
		await clock.advance(100);
		buffer.write(bytes(30));
		await clock.advance(20);
		buffer.end();
		await clock.advance(100);
		await playing;
		expect(played).toEqual([
			[30, 20],
			[50, 20],
			[70, 10],
			[90, undefined],
			[110, undefined],
			[130, undefined],
			[150, 20],
			[170, 10],
		]);
	});

	it("is given what it missed, and no more than there is room for", async () => {
		const { buffer, clock } = setUp({ targetMs: 0 });
		const reader = buffer.readEvery(10);
		const atMs: number[] = [];
		for (const takesMs of [0, 35, 0, 0, 0, 0, 10_000, ...Array(12).fill(0)]) {
			buffer.write(bytes(10));
			const asked = reader.next();
			await clock.advance(0);
			if (clock.pendingSleeps > 0) await clock.advance(10);
			expect((await asked).value?.length).toBe(10);
			atMs.push(clock.monotonicMs());
			await clock.advance(takesMs);
		}
		await reader.return();
		const first = atMs[0] as number;
		expect(atMs.slice(0, 7).map((ms) => ms - first)).toEqual([0, 10, 45, 45, 45, 55, 65]);
		expect(new Set(atMs.slice(7, 18)).size).toBe(1);
	});

	it("stops by its signal", async () => {
		const { buffer, clock } = setUp({ targetMs: 0 });
		const abort = new AbortController();
		const reader = buffer.readEvery(20, { signal: abort.signal });
		await reader.next();
		const second = expect(reader.next()).rejects.toBe("enough");
		await clock.advance(5);
		abort.abort("enough");
		await second;
		expect(clock.pendingSleeps).toBe(0);
	});
});

describe("a mistake", () => {
	it.each<[object | undefined, string]>([
		[undefined, "StreamingBuffer: options must be an object, got undefined"],
		[{ name: "" }, 'StreamingBuffer: name must be a name that is not empty, got ""'],
		[{ name: "a" }, "StreamingBuffer: needs a format, or a durationOf its chunks"],
		[
			{ name: "a", format: { ...byteAMs, channels: 0 } },
			"StreamingBuffer: format.channels must be a positive integer, got 0",
		],
		[
			{ name: "a", format: { ...byteAMs, sampleRateHz: 1.5 } },
			"StreamingBuffer: format.sampleRateHz must be a positive integer, got 1.5",
		],
		[
			{ name: "a", format: byteAMs, durationOf: () => 1 },
			"StreamingBuffer: durationOf must be absent beside a format, got function durationOf",
		],
		[{ name: "a", format: byteAMs, join: 1 }, "StreamingBuffer: join must be absent beside a format, got 1"],
		[{ name: "a", durationOf: 5 }, "StreamingBuffer: durationOf must be a function, got 5"],
		[
			{ name: "a", format: byteAMs, targetMs: 2_001 },
			"StreamingBuffer: targetMs must be at most maxMs, which is 2000, got 2001",
		],
		[{ name: "a", format: byteAMs, maxMs: 0 }, "StreamingBuffer: maxMs must be a positive integer, got 0"],
		[
			{ name: "a", format: { ...byteAMs, sampleRateHz: 100 }, maxMs: 9 },
			"StreamingBuffer: maxMs must be as long as a frame, got 9",
		],
		[
			{ name: "a", format: byteAMs, policy: "block" },
			'StreamingBuffer: policy must be one of drop-oldest, drop-newest, reject, got "block"',
		],
		[{ name: "a", format: byteAMs, rebuffer: 1 }, "StreamingBuffer: rebuffer must be true or false, got 1"],
		[{ name: "a", format: byteAMs, clock: {} }, "StreamingBuffer: clock must have a method now, got an object"],
		[{ name: "a", format: byteAMs, maxChunks: 0 }, "StreamingBuffer: maxChunks must be a positive integer, got 0"],
	])("in the options is told: %j", (options, message) => {
		expect(() => new StreamingBuffer(options as StreamingBufferOptions)).toThrow(message);
	});

	it("in the name of an encoding or of an option is told", () => {
		expect(() => setUp({ format: { ...byteAMs, encoding: "pcm_s20le" as PcmEncoding } })).toThrow(
			/format.encoding must be one of pcm_s8, .*, got "pcm_s20le"$/,
		);
		expect(() => setUp({ maxDurationMs: 5 } as object)).toThrow(
			/unknown option "maxDurationMs"; known options are name, /,
		);
	});

	it("in a call is told, and changes nothing", () => {
		const { buffer } = setUp();
		buffer.write(bytes(50));
		for (const durationMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
			expect(() => buffer.read(durationMs)).toThrow("StreamingBuffer: durationMs must be a positive number");
		}
		expect(() => buffer.read("20" as never)).toThrow(TypeError);
		expect(() => buffer.write("text" as never)).toThrow(
			new TypeError('StreamingBuffer: chunk must be a Uint8Array, got "text"'),
		);
		expect(buffer.snapshot()).toMatchObject({ bufferedMs: 50, readMs: 0 });
	});

	it.each<[unknown, unknown, string]>([
		[-5, {}, "durationMs must be a positive number, got -5"],
		[Number.NaN, {}, "durationMs must be a positive number, got NaN"],
		["x", {}, 'durationMs must be a positive number, got "x"'],
		[5, null, "readEvery: options must be an object, got null"],
		[5, { foo: 1 }, 'readEvery: unknown option "foo"; known options are signal'],
		[5, { timeoutMs: 5 }, 'readEvery: unknown option "timeoutMs"; known options are signal'],
		[5, { signal: 5 }, "readEvery: signal must have a method addEventListener, got 5"],
	])("in what readEvery is asked is told at once: %j, %j", (durationMs, options, message) => {
		const { buffer } = setUp();
		expect(() => buffer.readEvery(durationMs as number, options as object)).toThrow(`StreamingBuffer: ${message}`);
	});

	it("in a reader by the clock that cannot join chunks is told at once", () => {
		const buffer = new StreamingBuffer<string>({ name: "words", durationOf: () => 1 });
		expect(() => buffer.readEvery(5)).toThrow("StreamingBuffer: read needs the option join; readViews does not");
	});

	it.each<[unknown, string]>([
		[null, "options must be an object, got null"],
		[{ foo: 1 }, 'unknown option "foo"; known options are timeoutMs, signal'],
		[{ signal: 5 }, "signal must have a method addEventListener, got 5"],
		[{ timeoutMs: -1 }, "timeoutMs must be a positive integer, got -1"],
	])(
		"in how waitUntilReady waits is told, whether or not there is anything to wait for: %j",
		async (options, message) => {
			const { buffer } = setUp();
			for (const end of [() => {}, () => buffer.end()]) {
				end();
				await expect(buffer.waitUntilReady(options as object)).rejects.toThrow(
					`StreamingBuffer: waitUntilReady: ${message}`,
				);
			}
		},
	);
});

it("has a target no longer than it is", () => {
	const { targetMs, maxMs } = new StreamingBuffer({ name: "media", format: speech });
	expect([targetMs, maxMs]).toEqual([200, 2_000]);
	expect(new StreamingBuffer({ name: "media", format: speech, maxMs: 50 }).targetMs).toBe(50);
});
