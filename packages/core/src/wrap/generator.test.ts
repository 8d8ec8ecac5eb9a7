import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { asyncLayer, footlight, layer, type Middleware } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("generators");
beforeEach(() => sdk.reset());

const waiting = asyncLayer({ name: "waiting" }, (next) => async (call) => {
	await Promise.resolve();
	return next(call);
});
const plain = layer({ name: "plain" }, (next) => (call) => next(call));
const answering = (answer: unknown): Middleware => layer({ name: "answering" }, () => () => answer);

function* numbers(to = 2): Generator<number, string, unknown> {
	for (let value = 1; value <= to; value++) yield value;
	return "done";
}
async function* asyncNumbers(to = 2): AsyncGenerator<number, string, unknown> {
	for (let value = 1; value <= to; value++) yield value;
	return "done";
}

describe("a generator function keeps its kind", () => {
	test.each([
		["observed only", []],
		["under a plain layer", [plain]],
	])("%s: sync", (_, use) => {
		const stage = light.stage("numbers", numbers, { use });
		const items = stage(3);
		expect(Object.prototype.toString.call(stage)).toBe("[object GeneratorFunction]");
		expect(Object.prototype.toString.call(items)).toBe("[object Generator]");
		expect(items).toBeInstanceOf(numbers);
		expect(items[Symbol.iterator]()).toBe(items);
		expect([...items]).toEqual([1, 2, 3]);
		expect(Object.keys(items)).toEqual([]);
	});

	test.each([
		["observed only", []],
		["under a plain layer", [plain]],
		["under a layer that waits", [waiting]],
	])("%s: async", async (_, use) => {
		const stage = light.stage("numbers", asyncNumbers, { use: use as [] });
		const items = stage(3);
		expect(Object.prototype.toString.call(stage)).toBe("[object AsyncGeneratorFunction]");
		expect(Object.prototype.toString.call(items)).toBe("[object AsyncGenerator]");
		expect(items).toBeInstanceOf(asyncNumbers);
		expect(items[Symbol.asyncIterator]()).toBe(items);
		expect(await Array.fromAsync(items)).toEqual([1, 2, 3]);
		expect(sdk.span("numbers").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
	});

	test("becomes async under a layer that waits, where it was sync", async () => {
		const items = light.stage("numbers", numbers, { use: [waiting] })(3);
		expect(Object.prototype.toString.call(items)).toBe("[object AsyncGenerator]");
		expect(await Array.fromAsync(items)).toEqual([1, 2, 3]);
	});
});

describe("a chain around a generator", () => {
	test.each([
		["plain", [plain]],
		["waiting", [waiting]],
	])("runs at the first next(), in the context of the call that made it: %s", async (_, layers) => {
		let begun = 0;
		const counting = layer({ name: "counting" }, (next) => (call) => {
			begun++;
			return next(call);
		});
		const stage = light.stage("numbers", asyncNumbers, { use: [counting, ...layers] as unknown as [] });
		let items: AsyncGenerator<number> | undefined;
		light.run(() => {
			items = stage();
		});
		expect(begun).toBe(0);
		await items?.next();
		await items?.next();
		expect(begun).toBe(1);
		await items?.return(undefined);
		expect(sdk.span("numbers").attributes["pipeline.run.id"]).toBe(
			sdk.span("generators").attributes["pipeline.run.id"],
		);
	});

	test("that fails makes a generator that fails once, and is over then", async () => {
		const error = new Error("refused");
		const refusing = asyncLayer({ name: "refusing" }, () => () => Promise.reject(error));
		const throwing = layer({ name: "throwing" }, () => () => {
			throw error;
		});
		for (const use of [[refusing], [throwing]]) {
			const items = light.stage("numbers", asyncNumbers, { use: use as [] })();
			await expect(items.next()).rejects.toBe(error);
			expect(await items.next()).toEqual({ done: true, value: undefined });
		}
		const items = light.stage("numbers", numbers, { use: [throwing] })();
		expect(() => items.next()).toThrow(error);
		expect(items.next()).toEqual({ done: true, value: undefined });
	});

	test("that answers with other items gives those, and with a value returns it", async () => {
		const give = (answer: unknown) => light.stage("numbers", asyncNumbers, { use: [answering(answer)] })();
		expect(await Array.fromAsync(give([7, 8]))).toEqual([7, 8]);
		expect(await give("answer").next()).toEqual({ done: true, value: "answer" });
		expect(await Array.fromAsync(give(undefined))).toEqual([]);
		expect([...light.stage("numbers", numbers, { use: [answering([7])] })()]).toEqual([7]);
	});

	test("that nobody reads runs never: return() and throw() before the first next()", async () => {
		const error = new Error("mine");
		const stage = light.stage("numbers", asyncNumbers);
		expect(await stage().return(Promise.resolve("early") as never)).toEqual({ done: true, value: "early" });
		await expect(stage().throw(error)).rejects.toBe(error);
		const items = light.stage("numbers", numbers)();
		expect(items.return("early")).toEqual({ done: true, value: "early" });
		expect(items.next()).toEqual({ done: true, value: undefined });
		expect(sdk.spans()).toEqual([]);
	});
});

describe("any script of steps gives the same on a stage as on its function:", () => {
	const step = fc.record({ name: fc.constantFrom("next", "return", "throw"), value: fc.integer() });
	const scripts = fc.array(step, { minLength: 1, maxLength: 6 });
	const resisting = { numbers: catchingNumbers, asyncNumbers: asyncCatchingNumbers } as const;

	test.each([
		["generator", numbers, []],
		["generator that catches", resisting.numbers, [plain]],
		["async generator", asyncNumbers, []],
		["async generator that catches", resisting.asyncNumbers, [plain]],
		["async generator under a layer that waits", resisting.asyncNumbers, [waiting]],
	] as const)("%s", async (_, fn, use) => {
		const stage = light.stage("steps", fn as () => AsyncGenerator<number>, { use: use as unknown as [] });
		await fc.assert(
			fc.asyncProperty(scripts, async (script) => {
				const logs: unknown[][] = [];
				for (const make of [fn as () => AsyncGenerator<number>, stage]) {
					const items = make();
					const log: unknown[] = [];
					for (const { name, value } of script) {
						log.push(await (async () => items[name as "next"](value as never))().catch((error) => ["thrown", error]));
					}
					logs.push(log);
				}
				expect(logs[1]).toEqual(logs[0]);
			}),
			{ numRuns: 80 },
		);
	});
});

function* catchingNumbers(): Generator<unknown, unknown, unknown> {
	let got: unknown = "first";
	for (let value = 0; value < 3; value++) {
		try {
			got = yield [value, got];
		} catch (error) {
			got = yield ["caught", error];
		} finally {
			if (value === 1) yield "finally";
		}
	}
	return got;
}
async function* asyncCatchingNumbers(): AsyncGenerator<unknown, unknown, unknown> {
	return yield* catchingNumbers();
}
