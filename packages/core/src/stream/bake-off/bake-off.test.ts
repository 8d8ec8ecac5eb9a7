import { describe, expect, test } from "vitest";
import { footlight } from "../../index.ts";
import type { AnyFunction } from "../../wrap/stage.ts";
import { bakeOff } from "./bake-off.fixture.ts";
import type { Wrapper } from "./contract.fixture.ts";
import { spanHarness } from "./span-harness.fixture.ts";

const harness = spanHarness();
const light = footlight("bake-off");

const wrapper: Wrapper = {
	name: "Footlight",
	wrap: (name, fn) => light.stage(name, fn),
	run: (fn) => light.run(fn),
	attributes: {
		outcome: "outcome",
		itemCount: "stream.item_count",
		firstItemMs: "stream.time_to_first_item_ms",
		abandoned: "stream.abandoned",
	},
};

/** The wrapper that most would write: its span ends when the function returns or its promise settles. */
const naive: Wrapper = {
	name: "naive",
	attributes: {},
	wrap: <F extends AnyFunction>(name: string, fn: F) =>
		((...input: unknown[]) => harness.inSpan(name, () => fn(...input))) as F,
	run: (fn) => fn(),
};

describe("a result that lasts is the same wrapped as bare, and its span tells the truth:", () => {
	test.each(bakeOff(wrapper, harness).map((one) => [one.title, one] as const))("%s", async (_, one) => {
		expect(await one.run()).toEqual([]);
	});
});

describe("the bake-off", () => {
	test("finds a wrapper whose spans end when the function returns at fault wherever items flow", async () => {
		const faultless: string[] = [];
		const streams = bakeOff(naive, harness).filter(({ flows }) => flows);
		for (const one of streams) if ((await one.run()).length === 0) faultless.push(one.title);
		expect(streams.length).toBeGreaterThan(400);
		expect(faultless).toEqual([]);
	});

	test("finds a wrapper that reads ahead at fault", async () => {
		const reading: Wrapper = {
			...wrapper,
			wrap: (name, fn) => wrapper.wrap(name, ((...input) => readAhead(fn(...input))) as typeof fn),
		};
		const one = bakeOff(reading, harness).find(({ title }) => title === "async generator, break");
		expect(await one?.run()).toContainEqual(expect.stringContaining("behaves differently"));
	});
});

function readAhead(items: AsyncIterable<unknown>): AsyncIterable<unknown> {
	const iterator = items[Symbol.asyncIterator]();
	const ahead = [iterator.next(), iterator.next()];
	return {
		[Symbol.asyncIterator]: () => ({
			next: () => ahead.shift() ?? iterator.next(),
			return: async () => ({ done: true as const, value: await iterator.return?.() }),
		}),
	};
}
