import { Readable } from "node:stream";
import { ReadableStream as WebStream } from "node:stream/web";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { milliseconds, registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("abandoned");

beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

async function* numbers() {
	for (let item = 1; item <= 3; item++) yield item;
}

class LazyAnswer {
	readonly #value: number;
	constructor(value: number) {
		this.#value = value;
	}
	then<A, B>(onFulfilled?: (value: number) => A, onRejected?: (error: unknown) => B) {
		return Promise.resolve(this.#value).then(onFulfilled, onRejected);
	}
}

/** Kinds of results that begin before anybody reads them. */
const begun: readonly (readonly [string, () => unknown])[] = [
	["an async iterable", () => ({ [Symbol.asyncIterator]: () => numbers() })],
	["an async generator object", () => numbers()],
	["a sync generator object", () => [1, 2].values()],
	["a ReadableStream", () => new ReadableStream({ pull: (controller) => controller.enqueue(1) })],
	["a ReadableStream of bytes", () => new ReadableStream({ type: "bytes" })],
	["a Readable", () => new Readable({ objectMode: true, read() {} })],
	["a lazy thenable", () => new LazyAnswer(7)],
	["a frozen async iterable", () => Object.freeze({ [Symbol.asyncIterator]: () => numbers() })],
];

const abandoned = () => sdk.spans().filter(({ attributes }) => attributes["stream.abandoned"] === true);

describe("a result that nobody consumes", () => {
	test.each(begun)("ends with its run: %s", async (_, make) => {
		const stage = light.stage("left", make);
		light.run(() => void stage());
		expect(sdk.span("left").attributes).toMatchObject({ outcome: "cancelled", "stream.abandoned": true });
		expect(sdk.span("left").status.code).toBe(0);
	});

	test.each(begun)("ends at endAbandonedStreams() where there is no run: %s", (_, make) => {
		const left = light.stage("left", make)();
		expect(sdk.spans()).toEqual([]);
		expect(endAbandonedStreams()).toBe(1);
		expect(abandoned()).toHaveLength(1);
		expect(left).toBeDefined();
		expect(endAbandonedStreams()).toBe(0);
	});

	test.each(begun)("ends when it is collected: %s", async (_, make) => {
		light.stage("left", make)();
		await collected(() => abandoned().length === 1);
		expect(sdk.span("left").attributes["stream.abandoned"]).toBe(true);
	});

	test.each([
		["an async generator", () => numbers()],
		["an async iterable", () => ({ [Symbol.asyncIterator]: () => numbers() })],
		["a ReadableStream", () => WebStream.from(numbers())],
	] as const)("ends when it is collected after its first item: %s", async (_, make) => {
		const stage = light.stage("left", make) as () => AsyncIterable<number>;
		const readOne = async () => void (await stage()[Symbol.asyncIterator]().next());
		await readOne();
		await collected(() => abandoned().length === 1);
		expect(sdk.span("left").attributes["stream.item_count"]).toBe(1);
	});

	test("ends when it is collected, though the arguments and this lead to it", async () => {
		const stage = light.stage("left", function (this: { kept?: unknown }, holder: { kept?: unknown }) {
			holder.kept = this.kept = numbers();
			return holder.kept;
		});
		const leave = () => void stage.call({}, {});
		leave();
		await collected(() => abandoned().length === 1);
		expect(abandoned()).toHaveLength(1);
	});

	test("ends when both branches of a tee are collected", async () => {
		const stage = light.stage("left", () => new ReadableStream({ pull: (controller) => controller.enqueue(1) }));
		(() => void stage().tee())();
		await collected(() => abandoned().length === 1);
	});

	test("ends at its last activity, not when it is swept", async () => {
		const readOne = async () => void (await light.stage("left", numbers)().next());
		let readMs = 0;
		await light.run(async () => {
			await readOne();
			readMs = performance.timeOrigin + performance.now();
			await sleep(5);
		});
		const { endTime, attributes } = sdk.span("left");
		expect(milliseconds(endTime)).toBeLessThanOrEqual(readMs);
		expect(attributes["stream.item_count"]).toBe(1);
		expect(milliseconds(sdk.span("abandoned").endTime)).toBeGreaterThan(readMs);
	});

	test("never began, and has no span, where it is an unread generator", () => {
		const stage = light.stage("left", numbers);
		light.run(() => void stage());
		expect(sdk.spans().map(({ name }) => name)).toEqual(["abandoned"]);
	});
});

describe("a result that outlives its run", () => {
	test("is not abandoned while its consumer waits for an item", async () => {
		const stage = light.stage("slow", async function* () {
			await nextTurn();
			yield 1;
		});
		let reading: Promise<unknown> | undefined;
		light.run(() => {
			reading = Array.fromAsync(stage());
		});
		await reading;
		expect(sdk.span("slow").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 1 });
	});

	test("is not abandoned while a listener takes what a Readable gives", async () => {
		const stage = light.stage("slow", () => Readable.from(numbers()));
		let ending: Promise<unknown> | undefined;
		light.run(() => {
			ending = new Promise((resolve) =>
				stage()
					.on("data", () => {})
					.on("end", resolve),
			);
		});
		await ending;
		expect(sdk.span("slow").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
	});

	test("is not abandoned while a lazy thenable is awaited, though it is collected itself", async () => {
		let answer: (value: number) => void = () => {};
		class Request extends Promise<number> {}
		const stage = light.stage("slow", () => new Request((resolve) => (answer = resolve)));
		let awaited: Promise<number> | undefined;
		light.run(() => {
			awaited = Promise.resolve(stage().then((value) => value + 1));
		});
		await collected(() => false, 3);
		answer(1);
		expect(await awaited).toBe(2);
		expect(sdk.span("slow").attributes).toMatchObject({ outcome: "ok" });
	});
});

describe("a run that returns a stream", () => {
	test.each([
		["an async generator", () => numbers()],
		["a ReadableStream", () => WebStream.from(numbers())],
		["a Readable", () => Readable.from(numbers())],
	] as const)("lasts as long as it, and its stage is not swept: %s", async (_, make) => {
		const stage = light.stage("inner", make);
		const result = light.run(() => stage()) as AsyncIterable<number>;
		expect(sdk.spans()).toEqual([]);
		expect(await Array.fromAsync(result)).toEqual([1, 2, 3]);
		await nextTurn();
		const [inner, run] = [sdk.span("inner"), sdk.span("abandoned")];
		expect(inner.attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		expect(run.attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		expect(milliseconds(inner.endTime)).toBeLessThanOrEqual(milliseconds(run.endTime));
	});

	test.each([
		["an async generator", () => numbers()],
		["a ReadableStream", () => WebStream.from(numbers())],
		["a Readable", () => Readable.from(numbers())],
	] as const)("is cancelled with it, stage and run alike: %s", async (_, make) => {
		const stage = light.stage("inner", make);
		for await (const _ of light.run(() => stage()) as AsyncIterable<number>) break;
		await nextTurn();
		for (const name of ["inner", "abandoned"]) {
			expect(sdk.span(name).attributes.outcome).toBe("cancelled");
			expect(sdk.span(name).attributes).not.toHaveProperty("stream.abandoned");
		}
	});
});

/** Collects garbage until something has happened, or a number of times. */
async function collected(happened: () => boolean, times = 50): Promise<void> {
	for (let time = 0; time < times && !happened(); time++) {
		global.gc?.();
		await sleep(1);
	}
}
