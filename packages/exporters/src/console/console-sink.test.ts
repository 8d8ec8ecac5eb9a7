import { Writable } from "node:stream";
import type { FootlightEvent } from "@footlight/core";
import { sinkContract } from "@footlight/core/testing";
import { describe, expect, it, vi } from "vitest";
import { consoleSink } from "../console.ts";
import { SinkClosedError, SinkFullError } from "../sinks.ts";

/** A stream that keeps what it takes. */
function page() {
	let text = "";
	const stream = new Writable({
		decodeStrings: false,
		write(chunk, _, done) {
			text += chunk;
			setImmediate(done);
		},
	});
	return { stream, text: () => text };
}

const given: FootlightEvent = {
	name: "answer.cited",
	timeMs: Date.UTC(2026, 10, 2, 12, 0, 0, 250),
	attributes: { "pipeline.name": "docs-qa", sources: 3, kinds: ["page", "note"], text: "two\nlines" },
};

async function lineOf(event: unknown, options: Parameters<typeof consoleSink>[0] = {}): Promise<string> {
	const { stream, text } = page();
	await consoleSink({ stream, colors: false, ...options }).emit(event as FootlightEvent);
	return text();
}

sinkContract(
	"consoleSink",
	() => {
		const { stream, text } = page();
		const sink = consoleSink({ stream, colors: false });
		const names = () => text().match(/(?<=^\S+ {2})\S+/gm) ?? [];
		return { sink, kept: names, dropped: () => sink.dropped };
	},
	{ describe, it },
);

describe("consoleSink", () => {
	it("writes an event as one line, what everybody knows last", async () => {
		expect(await lineOf(given)).toBe(
			'12:00:00.250  answer.cited  sources=3  kinds=["page","note"]  text=two lines  pipeline.name=docs-qa\n',
		);
	});

	it("leaves out what does not fit the width, and says so", async () => {
		const line = await lineOf({ ...given, attributes: { text: "x".repeat(500), sources: 3 } }, { width: 60 });
		expect(line).toBe("12:00:00.250  answer.cited  sources=3 …\n");
		const wide = await lineOf({ ...given, attributes: { text: "y".repeat(500) } }, { width: 200 });
		expect(wide).toBe(`12:00:00.250  answer.cited  text=${"y".repeat(59)}…\n`);
	});

	it("fits a line that is exactly as wide as may be", async () => {
		const attributes = { first: "x".repeat(10), second: "y".repeat(6) };
		const whole = `12:00:00.250  answer.cited  first=${"x".repeat(10)}  second=${"y".repeat(6)}\n`;
		expect(await lineOf({ ...given, attributes }, { width: whole.length - 1 })).toBe(whole);
		const cut = await lineOf({ ...given, attributes }, { width: whole.length - 2 });
		expect(cut).toBe(`12:00:00.250  answer.cited  first=${"x".repeat(10)} …\n`);
	});

	it("cuts nothing where there is no terminal", async () => {
		const attributes = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key_${index}`, "y".repeat(300)]));
		const line = await lineOf({ ...given, attributes });
		expect(line.match(/y{300}/g)).toHaveLength(30);
		expect(line).not.toContain("…");
	});

	it("rounds numbers", async () => {
		const attributes = {
			ms: 1234.212005999,
			ratio: 0.21200599999997394,
			usd: 0.00042137,
			at: 1793620800250,
			all: [0.1 + 0.2],
		};
		expect(await lineOf({ ...given, attributes })).toBe(
			"12:00:00.250  answer.cited  ms=1234.212  ratio=0.212  usd=0.000421  at=1793620800250  all=[0.3]\n",
		);
	});

	it("colours on a terminal", async () => {
		const line = await lineOf({ ...given, attributes: { "pipeline.name": "docs-qa" } }, { colors: true });
		const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;
		const bold = "\u001b[1manswer.cited\u001b[22m";
		expect(line).toBe(`${dim("12:00:00.250")}  ${bold}  ${dim("pipeline.name=docs-qa")}\n`);
	});

	it("lets no event move the cursor", async () => {
		const line = await lineOf({
			name: "a\u001b[2J.b",
			timeMs: Number.NaN,
			attributes: { "k\r": "\u001b]0;t\u0007\u202e" },
		});
		expect(line).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
		expect(line).toMatch(/^--:--:--\.--- {2}a\.b/);
	});

	it("rejects and counts what the stream refuses, and lets no error out", async () => {
		const stream = new Writable({
			write(_chunk, _encoding, done) {
				done(new Error("gone"));
			},
		});
		const sink = consoleSink({ stream });
		await expect(sink.emit(given)).rejects.toThrow("gone");
		sink.tryEmit(given);
		await vi.waitFor(() => expect(sink.dropped).toBe(1));
		await sink.close();
	});

	it("does not fill the memory of a stream that takes no more", async () => {
		const stream = new Writable({ highWaterMark: 1, write() {} });
		const sink = consoleSink({ stream });
		for (let count = 0; count < 20_000; count++) sink.tryEmit(given);
		expect(stream.writableLength).toBeLessThan(1_100_000);
		expect(sink.dropped).toBeGreaterThan(5_000);
		await expect(sink.emit(given)).rejects.toThrow(SinkFullError);
	});

	it("closes without the stream, though that is stuck", async () => {
		const stream = new Writable({ write() {} });
		const sink = consoleSink({ stream });
		sink.tryEmit(given);
		await sink.close();
		expect([stream.destroyed, stream.writableEnded]).toEqual([false, false]);
		await expect(sink.emit(given)).rejects.toThrow(SinkClosedError);
	});

	it("refuses options it cannot take", () => {
		expect(() => consoleSink({ stream: {} as never })).toThrow("consoleSink: stream must have a method write");
		expect(() => consoleSink({ stream: null as never })).toThrow("stream must have a method write, got null");
		expect(() => consoleSink({ colors: null as never })).toThrow('colors must be true, false or "auto", got null');
		expect(() => consoleSink({ width: 10 })).toThrow("consoleSink: width must be an integer of at least 40, got 10");
		expect(() => consoleSink({ color: true } as never)).toThrow('consoleSink: unknown option "color"');
	});
});
