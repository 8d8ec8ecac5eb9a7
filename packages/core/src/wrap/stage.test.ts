import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
	type AddingMiddleware,
	type AsyncMiddleware,
	asyncLayer,
	circuitBreaker,
	describe as describeStage,
	footlight,
	layer,
	type Middleware,
	observe,
	retry,
} from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("stages");
const waiting = asyncLayer({ name: "waiting" }, (next) => async (call) => next(call));
const plain = layer({ name: "plain" }, (next) => (call) => next(call));
const adding = <T>(answer: T): AddingMiddleware<T> => layer({ name: "adding" }, () => () => answer);

describe("a stage keeps of the function it wraps", () => {
	test("name, length and class", async () => {
		async function search(query: string, limit: number, offset = 0) {
			return [query, limit, offset];
		}
		const stage = light.stage("search", search);
		expect([stage.name, stage.length, Object.prototype.toString.call(stage)]).toEqual([
			"search",
			2,
			"[object AsyncFunction]",
		]);
		expect(Object.getPrototypeOf(stage)).toBe(Object.getPrototypeOf(search));
		expect(Reflect.ownKeys(light.stage("arrow", () => 1))).toEqual(Reflect.ownKeys(() => 1));
		expect(await stage("a", 1)).toEqual(["a", 1, 0]);
	});

	test("this, and all arguments", () => {
		const counter = {
			count: 1,
			add: light.stage("add", function add(this: { count: number }, ...by: number[]) {
				this.count += by.reduce((sum, one) => sum + one, 0);
				return this.count;
			}),
		};
		expect(counter.add(1, 2, 3)).toBe(7);
		expect(counter.add.call({ count: 10 }, 1)).toBe(11);
		expect(counter.add.bind({ count: 20 }, 1)(1)).toBe(22);
	});

	test("its own properties, live: a spy goes on spying", () => {
		const spy = vi.fn((text: string) => text.length);
		const stage = light.stage("spied", spy);
		expect(stage("four")).toBe(4);
		expect(spy).toHaveBeenCalledExactlyOnceWith("four");
		expect(stage.mock.calls).toEqual([["four"]]);
		stage.mockReturnValueOnce(7);
		expect(stage("four")).toBe(7);
		const client = Object.assign((text: string) => text, { version: 1, nested: { deep: true } });
		const wrapped = light.stage("client", client);
		client.version = 2;
		expect([wrapped.version, wrapped.nested.deep, "version" in wrapped]).toEqual([2, true, true]);
	});

	test("what it constructs, where it is a constructor of the old style", () => {
		function Point(this: { x: number }, x: number) {
			this.x = x;
		}
		Point.prototype.double = function (this: { x: number }) {
			return this.x * 2;
		};
		const Staged = light.stage("point", Point) as unknown as new (x: number) => { x: number; double(): number };
		const point = new Staged(3);
		expect(point.double()).toBe(6);
		expect(point).toBeInstanceOf(Staged);
		expect(point).toBeInstanceOf(Point);
		expect(Staged.prototype).toBe(Point.prototype);
		class Sub extends Staged {}
		expect(new Sub(4)).toBeInstanceOf(Sub);
	});

	test("that it cannot be constructed, where it cannot", () => {
		const Arrow = light.stage("arrow", () => 1) as unknown as new () => unknown;
		expect(() => new Arrow()).toThrow(TypeError);
	});

	test("what it answers after it is wrapped twice", async () => {
		sdk.reset();
		const twice = light.stage(
			"outer",
			light.stage("inner", async (value: number) => value + 1),
		);
		expect(await twice(1)).toBe(2);
		expect(sdk.span("inner").parentSpanContext?.spanId).toBe(sdk.span("outer").spanContext().spanId);
		expect(String(describeStage(twice))).toContain("stages/outer");
	});
});

describe("the type of a stage", () => {
	const read = (path: string): number => path.length;
	const fetchText = async (url: URL): Promise<string> => url.href;
	const overloaded = read as { (path: string): number; (path: URL): string };
	const generic = <T>(value: T): T[] => [value];
	function* count(to: number): Generator<number, string, boolean> {
		for (let value = 0; value < to; value++) yield value;
		return "done";
	}
	async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {}

	test("is the function's own without layers that wait or answer", () => {
		expectTypeOf(light.stage("a", read)).toEqualTypeOf<typeof read>();
		expectTypeOf(light.stage("a", read, { kind: "tool", use: [plain] })).toEqualTypeOf<typeof read>();
		expectTypeOf(light.stage("a", overloaded)).toEqualTypeOf<typeof overloaded>();
		expectTypeOf(light.stage("a", generic)("text")).toEqualTypeOf<string[]>();
		expectTypeOf(light.stage("a", count)).toEqualTypeOf<typeof count>();
	});

	test("is a promise under a layer that waits, unless it is a generator or a promise already", () => {
		expectTypeOf(light.stage("a", read, { use: [waiting] })).parameters.toEqualTypeOf<[path: string]>();
		expectTypeOf(light.stage("a", read, { use: [plain, waiting] })).returns.toEqualTypeOf<Promise<number>>();
		expectTypeOf(light.stage("a", fetchText, { use: [waiting] })).returns.toEqualTypeOf<Promise<string>>();
		expectTypeOf(light.stage("a", count, { use: [waiting] })).returns.toEqualTypeOf<
			AsyncGenerator<number, string, boolean>
		>();
		expectTypeOf(light.stage("a", stream, { use: [waiting] })).returns.toEqualTypeOf<
			AsyncGenerator<Uint8Array, void, undefined>
		>();
		expectTypeOf(waiting).toExtend<AsyncMiddleware>();
	});

	test("cannot know of a layer that waits around every stage, which is refused", () => {
		// @ts-expect-error
		const everywhere = footlight("everywhere", { use: [plain, waiting] });
		// Whoever knows that all stages are asynchronous may say so.
		const allWait = footlight("everywhere", { use: [plain, waiting as Middleware] });
		for (const { stage } of [everywhere, allWait])
			expect(stage("a", fetchText)(new URL("a:b"))).toBeInstanceOf(Promise);
		// @ts-expect-error
		footlight("everywhere", { use: [retry()] });
		footlight("everywhere", { use: [observe(), circuitBreaker()] });
	});

	test("has what a layer may answer with", () => {
		const skips = adding<undefined>(undefined);
		const falls = adding("fallback" as const);
		expectTypeOf(light.stage("a", read, { use: [skips] })).returns.toEqualTypeOf<number | undefined>();
		expectTypeOf(light.stage("a", fetchText, { use: [falls] })).returns.toEqualTypeOf<Promise<string>>();
		expectTypeOf(light.stage("a", async () => 1, { use: [skips, falls] })).returns.toEqualTypeOf<
			Promise<number | "fallback" | undefined>
		>();
		expectTypeOf(light.stage("a", count, { use: [skips] })).returns.toEqualTypeOf<
			Generator<number, string | undefined, boolean>
		>();
		expectTypeOf(light.stage("a", stream, { use: [falls, waiting] })).returns.toEqualTypeOf<
			// biome-ignore lint/suspicious/noConfusingVoidType: that is how a generator without a return is typed
			AsyncGenerator<Uint8Array, void | "fallback", undefined>
		>();
		expectTypeOf(light.stage("a", read, { use: [skips, waiting] })).returns.toEqualTypeOf<
			Promise<number | undefined>
		>();
	});

	test("is refused for what is no function", () => {
		// @ts-expect-error
		expect(() => light.stage("a", "text")).toThrow(TypeError);
		// @ts-expect-error
		expect(() => light.stage("a", read, { kind: "stge" })).toThrow(RangeError);
		expect(() => light.stage("a", class Reader {} as never)).toThrow("light.instrument(Reader)");
	});
});

describe("bad input is refused when the stage is defined:", () => {
	const read = () => 1;
	test.each([
		["no function", () => light.stage("a", 7 as never), "stage: fn must be a function, got 7"],
		["an empty name", () => light.stage("  ", read), "stage: name must be a name that is not empty"],
		["a name that is no text", () => light.stage(7 as never, read), "stage: name must be a string, got 7"],
		[
			"a name too long",
			() => light.stage("x".repeat(201), read),
			"stage: name must be at most 200 characters (it has 201)",
		],
		[
			"an option nobody knows",
			() => light.stage("a", read, { retries: 3 } as never),
			'stage: unknown option "retries"',
		],
		["a layer that is none", () => light.stage("a", read, { use: [7 as never] }), "stage: use[0] must be a middleware"],
		[
			"no list of layers",
			() => light.stage("a", read, { use: plain as never }),
			"stage: use must be an array of middleware",
		],
	])("%s", (_, define, message) => {
		expect(define).toThrow(message);
	});
});
