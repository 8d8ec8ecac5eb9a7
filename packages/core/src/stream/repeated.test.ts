import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("repeated");
beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

class Brand<T> extends Promise<T> {}

async function* numbers() {
	yield* [1, 2, 3];
}

const results: readonly (readonly [string, object, (result: never) => unknown])[] = [
	["a promise of an own class", Brand.resolve(5), (result: Promise<number>) => result],
	["an iterable", { [Symbol.asyncIterator]: numbers }, (result: AsyncIterable<number>) => Array.fromAsync(result)],
	["a Readable that stays open", new Readable({ read() {} }), () => {}],
	["a Readable that is listened to", new Readable({ read() {} }).on("data", () => {}), () => {}],
	["a ReadableStream that stays open", new ReadableStream(), () => {}],
	["a generator object", numbers(), () => {}],
	["a frozen iterable", Object.freeze({ [Symbol.asyncIterator]: numbers }), () => {}],
];

describe("a result that is handed out again and again", () => {
	test.each(results)("neither piles up nor grows deeper: %s", { timeout: 30_000 }, async (_, result, use) => {
		const stage = light.stage("given", () => result);
		for (let time = 0; time < 20_000; time++) {
			await use(stage() as never);
			if (time % 1_000 === 0) sdk.reset();
		}
		expect(endAbandonedStreams()).toBeLessThanOrEqual(100);
	});

	test("ends its oldest calls, so that as many are open as may be", () => {
		const socket = new Readable({ read() {} }).on("data", () => {});
		const stage = light.stage("given", () => socket);
		for (let time = 0; time < 300; time++) stage();
		expect(sdk.spans()).toHaveLength(200);
		expect(sdk.spans()[0]?.attributes).toMatchObject({ outcome: "cancelled", "stream.abandoned": true });
		expect(endAbandonedStreams()).toBe(100);
	});

	test("reports to all calls that are open, each in its own right", async () => {
		const readable = Readable.from([1, 2, 3]);
		const stage = light.stage("given", () => readable);
		stage();
		expect(await stage().toArray()).toEqual([1, 2, 3]);
		await nextTurn();
		for (const { attributes } of sdk.spans())
			expect(attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		expect(sdk.spans()).toHaveLength(2);
	});

	test("lets each of those who share a promise wait for it", async () => {
		let answer: (value: number) => void = () => {};
		const shared = new Brand<number>((resolve) => (answer = resolve));
		const stage = light.stage("given", () => shared);
		const first = stage().then((value) => value + 1);
		const second = stage().then((value) => value + 2);
		expect(sdk.spans()).toEqual([]);
		answer(1);
		expect(await Promise.all([first, second])).toEqual([2, 3]);
		expect(sdk.spans().map(({ attributes }) => attributes.outcome)).toEqual(["ok", "ok"]);
	});
});

describe("nested stages around one result", () => {
	const kinds: readonly (readonly [string, () => AsyncIterable<number>])[] = [
		["a generator object", numbers],
		["an iterable", () => ({ [Symbol.asyncIterator]: () => numbers() })],
		["a frozen iterable", () => Object.freeze({ [Symbol.asyncIterator]: () => numbers() })],
		["a Readable", () => Readable.from(numbers())],
		["a ReadableStream", () => Readable.toWeb(Readable.from(numbers())) as unknown as AsyncIterable<number>],
	];
	test.each(kinds)("see it both: %s", async (_, make) => {
		const inner = light.stage("inner", () => make());
		const outer = light.stage("outer", () => inner());
		expect(await Array.fromAsync(outer())).toEqual([1, 2, 3]);
		await nextTurn();
		for (const name of ["inner", "outer"]) {
			expect(sdk.span(name).attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		}
	});

	test("see it both: a promise of an own class", async () => {
		const inner = light.stage("inner", () => Brand.resolve(5));
		expect(await light.stage("outer", () => inner())()).toBe(5);
		for (const name of ["inner", "outer"]) expect(sdk.span(name).attributes.outcome).toBe("ok");
	});
});

test("an iterable that always gives the same iterator counts an item once", async () => {
	const items = numbers();
	const stage = light.stage("given", () => ({ [Symbol.asyncIterator]: () => items }));
	const given = stage();
	for (let time = 0; time < 4; time++) await given[Symbol.asyncIterator]().next();
	expect(sdk.span("given").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
});
