import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { footlight, layer, type Outcome } from "../index.ts";
import { recordingTracerProvider, testCall } from "../testing/index.ts";
import { hearEnd } from "./hear-end.ts";

function setUp() {
	const heard: [Outcome, unknown][] = [];
	const listener = { ended: (outcome: Outcome, error: unknown) => void heard.push([outcome, error]) };
	return { heard, listener };
}

const boom = new Error("boom");

describe("hearEnd", () => {
	it("hears of a plain value at once", () => {
		for (const value of [undefined, null, 5, "text", { a: 1 }, [1], () => {}]) {
			const { heard, listener } = setUp();
			expect(hearEnd(value, testCall(), listener)).toBe(value);
			expect(heard).toEqual([["ok", undefined]]);
		}
	});

	it.each([true, false])("hears when a promise settles (async: %s)", async (isAsync) => {
		const call = testCall();
		const definition = { ...call.definition, isAsync };
		const fulfilled = setUp();
		const answer = hearEnd(Promise.resolve(5), { ...call, definition }, fulfilled.listener);
		expect(fulfilled.heard).toEqual([]);
		expect(await answer).toBe(5);
		expect(fulfilled.heard).toEqual([["ok", undefined]]);
		const rejected = setUp();
		await expect(hearEnd(Promise.reject(boom), { ...call, definition }, rejected.listener)).rejects.toBe(boom);
		expect(rejected.heard).toEqual([["error", boom]]);
	});

	it("hears of an abort as that", async () => {
		const { heard, listener } = setUp();
		const aborted = testCall({ signal: AbortSignal.abort(boom) });
		await expect(hearEnd(Promise.reject(boom), aborted, listener)).rejects.toBe(boom);
		expect(heard).toEqual([["cancelled", boom]]);
	});

	it("hears the end of a stream, also of one in a promise, and not before", async () => {
		async function* items(isFailing: boolean) {
			yield 1;
			if (isFailing) throw boom;
		}
		for (const given of [(fails: boolean) => items(fails), async (fails: boolean) => items(fails)]) {
			const { heard, listener } = setUp();
			const stream = (await hearEnd(given(false), testCall(), listener)) as AsyncGenerator<number>;
			await stream.next();
			expect(heard).toEqual([]);
			await stream.next();
			expect(heard).toEqual([["ok", undefined]]);
			const failing = setUp();
			const failed = (await hearEnd(given(true), testCall(), failing.listener)) as AsyncGenerator<number>;
			await failed.next();
			await expect(failed.next()).rejects.toBe(boom);
			expect(failing.heard).toEqual([["error", boom]]);
			const left = setUp();
			for await (const _ of (await hearEnd(given(false), testCall(), left.listener)) as AsyncGenerator<number>) break;
			expect(left.heard).toEqual([["cancelled", undefined]]);
		}
	});

	it("hears the end of Web streams, Node streams and synchronous generators", async () => {
		const web = setUp();
		const stream = hearEnd(new ReadableStream(), testCall(), web.listener) as ReadableStream;
		await stream.cancel();
		expect(web.heard).toEqual([["cancelled", undefined]]);
		const node = setUp();
		for await (const _ of hearEnd(Readable.from([1, 2]), testCall(), node.listener) as Readable);
		await nextTurn();
		expect(node.heard).toEqual([["ok", undefined]]);
		const sync = setUp();
		const generator = (function* () {
			yield 1;
		})();
		for (const _ of hearEnd(generator, testCall(), sync.listener) as Generator);
		expect(sync.heard).toEqual([["ok", undefined]]);
	});

	it("hears of a stream that its run left lying", async () => {
		const { heard, listener } = setUp();
		const hearing = layer({ name: "hearing" }, (next) => (call) => hearEnd(next(call), call, listener));
		const light = footlight("docs-qa", { tracerProvider: recordingTracerProvider() });
		const items = light.stage("items", async () => new ReadableStream(), { use: [hearing] });
		await light.run(async () => {
			await items();
			expect(heard).toEqual([]);
		});
		expect(heard).toEqual([["cancelled", undefined]]);
	});

	it("keeps the members that a promise was given, the hidden ones too", async () => {
		const key = Symbol("process");
		const hidden = (value: unknown) => ({ value, enumerable: false, configurable: true });
		for (const [name, descriptor] of [
			["cancel", { ...hidden(boom), enumerable: true }],
			["cancel", hidden(boom)],
			[key, { ...hidden(boom), enumerable: true }],
			[key, hidden(boom)],
		] as const) {
			const { heard, listener } = setUp();
			const given = Object.defineProperty(Promise.resolve(5), name, descriptor);
			const handed = hearEnd(given, testCall(), listener) as Promise<number>;
			expect(Object.getOwnPropertyDescriptor(handed, name)?.value).toBe(boom);
			expect(await handed).toBe(5);
			expect(heard).toEqual([["ok", undefined]]);
		}
	});

	it("hands on what only looks like a promise", async () => {
		for (const lookalike of [new Proxy(Promise.resolve(5), {}), Object.create(Promise.prototype) as Promise<number>]) {
			const { heard, listener } = setUp();
			let handed: unknown;
			expect(() => {
				handed = hearEnd(lookalike, testCall(), listener);
			}).not.toThrow();
			expect(handed).toBeInstanceOf(Promise);
			expect(heard.filter(([outcome]) => outcome === "error")).toEqual([]);
		}
	});

	it("says what a layer further in has marked, whatever kind of value came of it", async () => {
		for (const value of [5, { a: 1 }, [1]]) {
			for (const answer of [() => value, async () => value]) {
				const { heard, listener } = setUp();
				const call = testCall();
				call.scope.outcome = "fallback";
				call.scope.outcomeError = boom;
				expect(await hearEnd(answer(), call, listener)).toBe(value);
				expect(heard).toEqual([["fallback", boom]]);
			}
		}
	});

	it("begins no lazy thenable", async () => {
		const { heard, listener } = setUp();
		let begun = 0;
		const lazy = {
			then(onFulfilled: (value: number) => unknown) {
				begun++;
				return Promise.resolve(5).then(onFulfilled);
			},
		};
		const given = hearEnd(lazy, testCall(), listener);
		await nextTurn();
		expect([begun, heard]).toEqual([0, []]);
		expect(await given).toBe(5);
		expect([begun, heard]).toEqual([1, [["ok", undefined]]]);
	});
});
