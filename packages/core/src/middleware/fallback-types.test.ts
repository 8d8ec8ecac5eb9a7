import { describe, expect, expectTypeOf, it } from "vitest";
import { fallback, footlight, retry } from "../index.ts";

const light = footlight("docs-qa");
const boom = new Error("boom");
async function* numbers(): AsyncGenerator<number, "done", boolean> {
	if (boom) throw boom;
	yield 1;
	return "done";
}
function* syncNumbers(): Generator<number, "done", unknown> {
	if (boom) throw boom;
	yield 1;
	return "done";
}
async function* words(): AsyncGenerator<string, 5> {
	yield "a";
	return 5;
}

describe("the type of a generator with a fallback has", () => {
	it("the items of an answer that can be iterated", async () => {
		const list = light.stage("list", numbers, { use: [fallback({ value: ["a"] })] });
		expectTypeOf(list).returns.toEqualTypeOf<AsyncGenerator<number | string, "done" | undefined, boolean>>();
		expect(await Array.fromAsync(list())).toEqual(["a"]);
		const other = light.stage("other", numbers, { use: [fallback({ use: words })] });
		expectTypeOf(other).returns.toEqualTypeOf<AsyncGenerator<number | string, "done" | 5, boolean>>();
		expect(await Array.fromAsync(other())).toEqual(["a"]);
		const late = light.stage("late", numbers, { use: [fallback({ use: async () => new Set(["a"]) })] });
		expectTypeOf(late).returns.toEqualTypeOf<AsyncGenerator<number | string, "done" | undefined, boolean>>();
		expect(await Array.fromAsync(late())).toEqual(["a"]);
		const sync = light.stage("sync", syncNumbers, { use: [fallback({ value: ["a"] })] });
		expectTypeOf(sync).returns.toEqualTypeOf<Generator<number | string, "done" | undefined, unknown>>();
		expect([...sync()]).toEqual(["a"]);
	});

	it("any other answer as what it returns: a text, and of a synchronous one what must be waited for", async () => {
		const text = light.stage("text", numbers, { use: [fallback([{ value: "sorry" }, { value: 5 }])] });
		expectTypeOf(text).returns.toEqualTypeOf<AsyncGenerator<number, string | number, boolean>>();
		expect(await text().next()).toEqual({ done: true, value: "sorry" });
		const sync = light.stage("sync", syncNumbers, { use: [fallback({ use: words })] });
		expectTypeOf(sync).returns.toEqualTypeOf<Generator<number, "done" | AsyncGenerator<string, 5>, unknown>>();
		const { done, value } = sync().next();
		expect(done).toBe(true);
		expect(await Array.fromAsync(value as AsyncGenerator<string>)).toEqual(["a"]);
	});
});

describe("the type of a stage with a fallback is", () => {
	const never = (): never => {
		throw boom;
	};

	it("the answer's alone where the function gives nothing", async () => {
		const sync = light.stage("sync", never, { use: [fallback({ value: 5 })] });
		expectTypeOf(sync).returns.toEqualTypeOf<number>();
		expect(sync()).toBe(5);
		const waiting = light.stage("waiting", never, { use: [fallback({ value: 5 }), retry({ maxAttempts: 1 })] });
		expectTypeOf(waiting).returns.toEqualTypeOf<Promise<number>>();
		expect(await waiting()).toBe(5);
		const alone = light.stage("alone", never, { use: [retry({ maxAttempts: 1 })] });
		expectTypeOf(alone).returns.toEqualTypeOf<Promise<never>>();
		await expect(alone()).rejects.toBe(boom);
	});

	it("as unknown as the answer's, and open where that is", () => {
		const fails = (): string => never();
		const unknown = light.stage("unknown", fails, { use: [fallback({ value: 5 as unknown })] });
		expectTypeOf(unknown).returns.toEqualTypeOf<unknown>();
		expect(unknown()).toBe(5);
		const open = light.stage("open", fails, { use: [fallback({ use: () => JSON.parse("5") })] });
		expectTypeOf(open).returns.toBeAny();
		expect(open()).toBe(5);
	});
});
