import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("iterators");
beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

const outcome = () => sdk.span("items").attributes.outcome;

describe("an iterator that has no return", () => {
	const endless = { next: () => ({ done: false, value: 1 }) };
	const sync = () => ({ ...endless, [Symbol.iterator]: () => ({ ...endless }) });

	test("is cancelled by a break all the same: sync", () => {
		const iterator = { ...endless, [Symbol.iterator]: () => iterator };
		for (const _ of light.stage("items", () => iterator)()) break;
		expect(outcome()).toBe("cancelled");
	});

	test("is cancelled by a break all the same: async", async () => {
		const iterable = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }) };
		for await (const _ of light.stage("items", () => iterable)()) break;
		expect(outcome()).toBe("cancelled");
	});

	test("is not taken for a stream where it only makes iterators: it is a collection", () => {
		const { next: _, ...collection } = sync();
		expect(light.stage("items", () => collection)()).toBe(collection);
		expect(outcome()).toBe("ok");
	});
});

describe("a step that gives what no step should", () => {
	const broken = {
		get done(): boolean {
			throw new Error("unreadable");
		},
		value: 1,
	};
	const giving = (result: unknown) => ({
		next: async () => result as IteratorResult<number>,
		[Symbol.asyncIterator]: () => giving(result),
	});

	test.each([
		["undefined", undefined],
		["null", null],
		["a number", 7],
		["an unreadable result", () => broken],
	])("is for the consumer to fail on, as without Footlight: %s", async (_, given) => {
		const result = typeof given === "function" ? given() : given;
		const consume = async (items: AsyncIterable<number>) => {
			for await (const _ of items) break;
		};
		const expected = await consume(giving(result)).then(
			() => "no error",
			(error: Error) => error.message,
		);
		const stage = light.stage("items", () => giving(result));
		const actual = await consume(stage()).then(
			() => "no error",
			(error: Error) => error.message,
		);
		expect(actual).toBe(expected);
		expect(await stage().next()).toBe(result);
	});
});

test("an iterator that throws at once instead of rejecting fails so, recorded once", async () => {
	const error = new Error("at once");
	const iterator = {
		next: (): Promise<IteratorResult<number>> => {
			throw error;
		},
		[Symbol.asyncIterator]: () => iterator,
	};
	const items = light.stage("items", () => iterator)();
	expect(() => items.next()).toThrow(error);
	expect(exceptionsOf(sdk.span("items"))).toEqual(["at once"]);
});

/** A stream with branches, as model clients have it. */
class Branching implements AsyncIterable<number> {
	readonly controller = new AbortController();
	readonly #items: () => AsyncGenerator<number>;

	constructor(items: () => AsyncGenerator<number>) {
		this.#items = items;
	}
	[Symbol.asyncIterator](): AsyncIterator<number> {
		return this.#items();
	}
	tee(): [Branching, Branching] {
		return [new Branching(this.#items), new Branching(this.#items)];
	}
}

describe("a stream with branches of its own kind", () => {
	const stage = light.stage(
		"items",
		() =>
			new Branching(async function* () {
				yield* [1, 2, 3];
			}),
	);
	const readOne = async (branch: Branching) => {
		for await (const _ of branch) break;
	};

	test("ends with the branch that is read to its end, whatever becomes of the other", async () => {
		const [first, second] = stage().tee();
		await readOne(first);
		expect(sdk.spans()).toEqual([]);
		expect(await Array.fromAsync(second)).toEqual([1, 2, 3]);
		expect(sdk.span("items").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		expect(await Array.fromAsync(first)).toEqual([1, 2, 3]);
	});

	test("is cancelled once both branches are, each counted once", async () => {
		const [first, second] = stage().tee();
		await readOne(first);
		await readOne(first);
		expect(sdk.spans()).toEqual([]);
		await readOne(second);
		expect(sdk.span("items").attributes).toMatchObject({ outcome: "cancelled", "stream.item_count": 1 });
	});

	test("is left lying once one branch is cancelled and the other collected", async () => {
		await (async () => readOne(stage().tee()[0]))();
		for (let time = 0; time < 50 && sdk.spans().length === 0; time++) {
			global.gc?.();
			await sleep(1);
		}
		expect(sdk.span("items").attributes).toMatchObject({ outcome: "cancelled", "stream.abandoned": true });
	});

	test("has branches of branches", async () => {
		const [first, second] = stage().tee();
		const [third, fourth] = first.tee();
		await Promise.all([second, third, fourth].map(readOne));
		expect(outcome()).toBe("cancelled");
	});

	test("is cancelled where it ends because its controller aborted it", async () => {
		const stream = stage();
		for await (const item of stream) if (item === 2) stream.controller.abort();
		expect(outcome()).toBe("cancelled");
	});
});
