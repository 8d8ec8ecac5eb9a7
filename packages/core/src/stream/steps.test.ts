import { ReadableStream as WebStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import { type Between, interpose } from "./steps.ts";

/** Doubles every item, and notes how the iteration is left. */
function doubling() {
	const left: string[] = [];
	let begun = 0;
	const between: Between = (steps) => {
		begun++;
		const double = (result: IteratorResult<number>) =>
			result.done ? result : { done: false, value: result.value * 2 };
		return {
			...steps,
			next(...input) {
				const step = steps.next(...input);
				return step instanceof Promise ? step.then(double) : double(step as IteratorResult<number>);
			},
			return:
				steps.return &&
				((...input) => {
					left.push("return");
					return steps.return?.(...input);
				}),
		};
	};
	return { between, left, begun: () => begun };
}

function* numbers(): Generator<number, string, number | undefined> {
	const given = yield 1;
	yield given ?? 2;
	return "end";
}

async function* later() {
	yield* numbers();
}

async function collected(items: object): Promise<unknown[]> {
	const all: unknown[] = [];
	for await (const item of items as AsyncIterable<unknown>) all.push(item);
	return all;
}

describe("interpose", () => {
	it("stands between a generator and its consumer, and leaves it the object it is", async () => {
		const { between } = doubling();
		const sync = numbers();
		expect(interpose(sync, between)).toBe(sync);
		expect([...sync]).toEqual([2, 4]);
		const stream = later();
		expect(interpose(stream, between)).toBe(stream);
		expect(await collected(stream)).toEqual([2, 4]);
		const fed = interpose(numbers(), between) as Generator<number, string, number>;
		fed.next();
		expect(fed.next(5)).toEqual({ done: false, value: 10 });
		expect(fed.next()).toEqual({ done: true, value: "end" });
		expect(fed.next()).toEqual({ done: true, value: undefined });
	});

	it("stands in each iteration of what can be iterated more than once", async () => {
		const { between, begun } = doubling();
		const iterable = { kept: true, [Symbol.asyncIterator]: later };
		expect(interpose(iterable, between)).toBe(iterable);
		expect(begun()).toBe(0);
		expect(await collected(iterable)).toEqual([2, 4]);
		expect(await collected(iterable)).toEqual([2, 4]);
		expect(begun()).toBe(2);
	});

	it("hears how a consumer leaves", async () => {
		for (const make of [numbers, later, () => WebStream.from(later())]) {
			const { between, left } = doubling();
			for await (const item of interpose(make(), between) as AsyncIterable<number>) {
				expect(item).toBe(2);
				break;
			}
			expect(left).toEqual(["return"]);
		}
	});

	it("puts another Web stream in front, which reads as it is read and fails as the first does", async () => {
		const { between } = doubling();
		let made = 0;
		const source = new ReadableStream<number>(
			{
				pull(controller) {
					if (++made === 3) controller.error(new Error("boom"));
					else controller.enqueue(made);
				},
			},
			{ highWaterMark: 0 },
		);
		const stream = interpose(source, between) as ReadableStream<number>;
		expect(stream).toBeInstanceOf(ReadableStream);
		await Promise.resolve();
		expect(made).toBe(0);
		const reader = stream.getReader();
		expect(await reader.read()).toEqual({ done: false, value: 2 });
		expect(made).toBe(1);
		expect(await reader.read()).toEqual({ done: false, value: 4 });
		await expect(reader.read()).rejects.toThrow("boom");
		const [one, two] = (interpose(WebStream.from(later()), between) as ReadableStream).tee();
		expect(await Promise.all([collected(one as object), collected(two as object)])).toEqual([
			[2, 4],
			[2, 4],
		]);
	});

	it("puts a proxy in front of what cannot be changed", async () => {
		const { between } = doubling();
		const source = later();
		const frozen = Object.freeze({
			next: () => source.next(),
			return: (value: string) => source.return(value as never),
			[Symbol.asyncIterator]() {
				return this;
			},
		});
		const outward = interpose(frozen, between) as typeof frozen;
		expect(await collected(outward)).toEqual([2, 4]);
	});

	it("leaves alone what is not read step by step", () => {
		const { between } = doubling();
		const notSteps = Object.assign(() => {}, { on() {} });
		expect(interpose(notSteps, between)).toBeUndefined();
	});
});
