import { runInNewContext } from "node:vm";
import { beforeEach, describe, expect, it } from "vitest";
import { type CaptureOptions, footlight } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

/** What stands on the span of a stage that was given one argument and returns it. */
function captured(value: unknown, options: CaptureOptions = { input: true }): { input?: string; output?: string } {
	recorded.reset();
	const light = footlight("docs-qa", { capture: options });
	expect(light.stage("echo", (given: unknown) => given)(value)).toBe(value);
	const { "stage.input": input, "stage.output": output } = recorded.span("echo").attributes;
	return {
		...(input !== undefined && { input: String(input) }),
		...(output !== undefined && { output: String(output) }),
	};
}

const bytes = (text = "") => new TextEncoder().encode(text).length;

describe("capture", () => {
	it("captures nothing unless it is asked to", () => {
		expect(captured("secret", {})).toEqual({});
		expect(captured("secret", { input: false, output: false, maxBytes: 10 })).toEqual({});
	});

	it("captures arguments and result as JSON", async () => {
		expect(captured({ question: "why?" }, { input: true, output: true })).toEqual({
			input: '[{"question":"why?"}]',
			output: '{"question":"why?"}',
		});
		expect(captured("x", { output: true })).toEqual({ output: '"x"' });
		recorded.reset();
		await footlight("docs-qa", { capture: { output: true } }).stage("ask", async () => ["answer"])();
		expect(recorded.span("ask").attributes["stage.output"]).toBe('["answer"]');
	});

	it("captures no items of a stream, and no output of a failure", async () => {
		const light = footlight("docs-qa", { capture: { input: true, output: true } });
		for await (const _ of light.stage("stream", async function* () {
			yield "secret";
		})());
		await light
			.stage("fail", async () => Promise.reject(new Error("x")))()
			.catch(() => {});
		expect(recorded.span("stream").attributes).not.toHaveProperty("stage.output");
		expect(recorded.span("fail").attributes).not.toHaveProperty("stage.output");
	});

	const circular: Record<string, unknown> = { name: "loop" };
	circular.self = circular;
	const shared = { a: 1 };
	const deep: unknown = Array.from({ length: 50 }).reduce((inner) => ({ inner }), "end");

	it.each([
		["undefined", undefined, "[null]"],
		["null", null, "[null]"],
		["a number that JSON lacks", Number.NaN, "[null]"],
		["a BigInt", 12n, '["12n"]'],
		["a symbol", Symbol("x"), '["[symbol]"]'],
		["a function", () => 1, '["[function]"]'],
		["a circle", circular, '[{"name":"loop","self":"[circular]"}]'],
		["the same object twice, which is no circle", [shared, shared], '[[{"a":1},{"a":1}]]'],
		["a Map", new Map([["a", { b: 1 }]]), '[{"[Map]":[["a",{"b":1}]]}]'],
		["a Set", new Set([1, "two"]), '[{"[Set]":[1,"two"]}]'],
		["a Date", new Date(0), '["1970-01-01T00:00:00.000Z"]'],
		["a date that is none", new Date(Number.NaN), '["Invalid Date"]'],
		["a URL", new URL("http://127.0.0.1/a?b=c"), '["http://127.0.0.1/a?b=c"]'],
		["an error", new TypeError("boom"), '[{"name":"TypeError","message":"boom"}]'],
		["a typed array", new Float64Array(4), '["[Float64Array of 32 bytes]"]'],
		["a Buffer", Buffer.from("secret"), '["[Buffer of 6 bytes]"]'],
		["an ArrayBuffer", new ArrayBuffer(8), '["[ArrayBuffer of 8 bytes]"]'],
		["a lone surrogate", "\ud800", '["\\ud800"]'],
		["a key that would set a prototype", JSON.parse('{"__proto__":{"a":1}}'), '[{"__proto__":{"a":1}}]'],
	])("shows %s", (_, value, json) => {
		expect(captured(value).input).toBe(json);
	});

	it("shows deep objects down to a depth", () => {
		expect(captured(deep).input).toContain('"[deep]"');
	});

	it("shows what can be read of an object whose getters throw, of a revoked proxy, and of a hostile one", () => {
		const hostile = {
			kept: 1,
			get lost(): never {
				throw new Error("boom");
			},
		};
		const revocable = Proxy.revocable({}, {});
		revocable.revoke();
		const closed = new Proxy(
			{},
			{
				ownKeys() {
					throw new Error("boom");
				},
			},
		);
		expect(captured(hostile).input).toBe('[{"kept":1,"lost":"[not readable]"}]');
		expect(captured([revocable.proxy, closed, 1]).input).toBe('[["[not readable]","[not readable]",1]]');
	});

	it("runs no code of the value but its getters: no toJSON, no toString", () => {
		const calls: string[] = [];
		const value = {
			toJSON: () => calls.push("toJSON"),
			toString: () => calls.push("toString"),
		};
		captured(value);
		expect(calls).toEqual([]);
	});

	it.each([
		["a long string", "x".repeat(1_000_000)],
		["a string of wide characters", "𝄞".repeat(100_000)],
		["a string that JSON escapes", "\u0000".repeat(100_000)],
		["a long array", Array.from({ length: 1_000_000 }, (_, index) => index)],
		["a large Map", new Map(Array.from({ length: 300_000 }, (_, index) => [index, index]))],
		["a large Set", new Set(Array.from({ length: 300_000 }, (_, index) => index))],
		["a wide object", Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key-${index}`, index]))],
		["a long key", { ["k".repeat(1_000_000)]: 1 }],
		["nested arrays", Array.from({ length: 1_000 }, () => Array.from({ length: 1_000 }, () => "x"))],
	])("keeps %s within its bytes, and takes no time over the rest", (_, value) => {
		captured("warm");
		const startedMs = performance.now();
		const { input = "" } = captured(value, { input: true, maxBytes: 1_000 });
		expect(performance.now() - startedMs).toBeLessThan(500);
		expect(input).toContain("…");
		expect(bytes(input)).toBeLessThanOrEqual(1_000 + bytes("…"));
		expect(input).not.toContain("\uFFFD");
	});

	it("reads no more of a list than it can keep", () => {
		let reads = 0;
		const list = new Proxy(
			Array.from({ length: 100_000 }, () => 1),
			{
				get(target, key, receiver) {
					reads++;
					return Reflect.get(target, key, receiver);
				},
			},
		);
		expect(captured(list, { input: true, maxBytes: 1_000 }).input).toContain("…");
		expect(reads).toBeLessThan(2_000);
	});

	it("keeps 4096 bytes unless told otherwise", () => {
		const kept = bytes(captured("x".repeat(10_000)).input);
		expect(kept).toBeGreaterThan(4_000);
		expect(kept).toBeLessThanOrEqual(4_096 + bytes("…"));
		expect(captured("x".repeat(4_000)).input).toHaveLength(4_004);
	});

	describe("redact", () => {
		const redact = (text: string) => text.replaceAll(/sk-[a-z0-9]{20}/g, "[key]");
		const key = `sk-${"a1".repeat(10)}`;

		it("sees all that is captured", () => {
			expect(captured({ [key]: [key] }, { input: true, output: true, redact })).toEqual({
				input: '[{"[key]":["[key]"]}]',
				output: '{"[key]":["[key]"]}',
			});
		});

		it("sees a secret whole that stands where the text is cut", () => {
			for (let before = 60; before <= 110; before++) {
				const { input = "" } = captured("x".repeat(before) + key, { input: true, maxBytes: 100, redact });
				expect(input).not.toMatch(/sk-/);
				expect(bytes(input)).toBeLessThanOrEqual(103);
			}
		});

		it("lets nothing through when it throws", () => {
			const { input } = captured(key, {
				input: true,
				redact() {
					throw new Error("boom");
				},
			});
			expect(input).toBe("[redaction failed]");
		});

		it("may give back what is no string", () => {
			expect(captured(key, { input: true, redact: (() => undefined) as never }).input).toBe("undefined");
		});
	});
});

describe("an error of another realm", () => {
	it("is captured by name and message, as one of this realm", () => {
		expect(captured(runInNewContext("new RangeError('far away')")).input).toBe(
			captured(new RangeError("far away")).input,
		);
	});
});
