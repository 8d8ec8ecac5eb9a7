import { Readable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("odd-results");
beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

const attributes = () => sdk.span("odd").attributes;

async function* numbers() {
	yield* [1, 2, 3];
}

const throwing = (name: PropertyKey, target: object = {}) =>
	Object.defineProperty(target, name, {
		configurable: true,
		get() {
			throw new Error("not to be looked at");
		},
	});

describe("a plain promise with members of its own", () => {
	test("keeps those that enumeration does not see", async () => {
		const key = Symbol("key");
		const promise = Object.defineProperty(Promise.resolve(7), "cancel", { value: () => "cancelled" });
		const given = light.stage("odd", () => Object.assign(promise, { [key]: 12 }))();
		expect((given as unknown as { cancel(): string }).cancel()).toBe("cancelled");
		expect(given[key]).toBe(12);
		expect(await given).toBe(7);
	});

	test("keeps them where it comes from an async function behind a proxy, or through a layer", async () => {
		const asked = async () => 7;
		const withCancel = (promise: object) => Object.assign(promise, { cancel: () => "cancelled" });
		const proxied = new Proxy(asked, { apply: (fn) => withCancel(fn()) }) as () => Promise<number> & {
			cancel(): string;
		};
		expect(light.stage("odd", proxied)().cancel()).toBe("cancelled");
		const layered = light.stage("odd", asked, { use: [(next) => (call) => withCancel(next(call) as object)] });
		expect((layered() as Promise<number> & { cancel(): string }).cancel()).toBe("cancelled");
	});

	test("ends with its iteration where it is one, too", async () => {
		const list = () => Object.assign(sleep(1, { data: [1] }), { autoPagingEach() {}, [Symbol.asyncIterator]: numbers });
		expect(await Array.fromAsync(light.stage("odd", list)())).toEqual([1, 2, 3]);
		await sleep(5);
		expect(attributes()).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		sdk.reset();
		expect(await light.stage("odd", list)()).toEqual({ data: [1] });
		expect(attributes()).not.toHaveProperty("stream.item_count");
	});

	test("fails where its iteration does, and leaves nothing unhandled", async () => {
		const error = new Error("refused");
		const list = () => {
			const promise = Promise.reject(error);
			return Object.assign(promise, {
				async *[Symbol.asyncIterator]() {
					yield await promise;
				},
			});
		};
		await expect(Array.fromAsync(light.stage("odd", list)())).rejects.toBe(error);
		await nextTurn();
		expect(exceptionsOf(sdk.span("odd"))).toEqual(["refused"]);
	});
});

describe("what only looks like a plain promise", () => {
	test("is a proxy of one that binds its methods", async () => {
		const proxy = () =>
			new Proxy(Promise.resolve(7), {
				get(target, key) {
					const value = Reflect.get(target, key);
					return typeof value === "function" && key !== "constructor" ? value.bind(target) : value;
				},
			});
		expect(await light.stage("odd", proxy)()).toBe(7);
		expect(attributes().outcome).toBe("ok");
	});

	test("inherits from its prototype: awaiting it fails as without Footlight", async () => {
		const heir = light.stage("odd", () => Object.create(Promise.prototype))();
		await expect((async () => await heir)()).rejects.toThrow("incompatible receiver");
		expect(attributes().outcome).toBe("error");
	});

	test("is a proxy that cannot be changed either", () => {
		const refused = () => {
			throw new Error("refused");
		};
		const proxy = new Proxy(Promise.resolve(7), { defineProperty: refused, getOwnPropertyDescriptor: refused });
		expect(light.stage("odd", () => proxy)() === proxy).toBe(true);
		expect(attributes().outcome).toBe("ok");
	});
});

/** A query that can be awaited for all rows or iterated for one after the other. */
class Query {
	then<A>(onFulfilled: (rows: number[]) => A): Promise<A> {
		return Promise.resolve([1, 2, 3]).then(onFulfilled);
	}
	async *[Symbol.asyncIterator]() {
		yield* [1, 2, 3];
	}
	stream(): Readable {
		return Readable.from([1, 2, 3]);
	}
	cursor(): AsyncIterable<number> {
		return { [Symbol.asyncIterator]: numbers };
	}
}

describe("a stream reached through a thenable", () => {
	const stage = light.stage("odd", () => new Query());

	test.each([
		["its iteration", (query: Query) => query],
		["a Readable", (query: Query) => query.stream()],
		["an iterable", (query: Query) => query.cursor()],
	] as const)("ends the call: %s", async (_, open) => {
		expect(await Array.fromAsync(open(stage()))).toEqual([1, 2, 3]);
		await nextTurn();
		expect(attributes()).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
		expect(attributes()).not.toHaveProperty("stream.abandoned");
	});

	test("is cancelled with it", async () => {
		for await (const _ of stage()) break;
		expect(attributes()).toMatchObject({ outcome: "cancelled", "stream.item_count": 1 });
	});

	test("need not be there", async () => {
		expect(await stage()).toEqual([1, 2, 3]);
		expect(attributes()).not.toHaveProperty("stream.item_count");
	});
});

/** A cursor as databases have it: `next()` gives documents, and null at the end. */
class Cursor {
	#left = [{ id: 1 }, { id: 2 }];
	async next(): Promise<{ id: number } | null> {
		return this.#left.shift() ?? null;
	}
	async *[Symbol.asyncIterator]() {
		for (let item = await this.next(); item !== null; item = await this.next()) yield item;
	}
}

/** The same, with an iteration of which one cannot tell what it is before it begins. */
class PlainCursor extends Cursor {
	override [Symbol.asyncIterator]() {
		return super[Symbol.asyncIterator]();
	}
}

describe("an object whose next() is no iterator's", () => {
	test.each([
		["a generator method", () => new Cursor()],
		["a method", () => new PlainCursor()],
		["a method of a frozen object", () => Object.freeze(new PlainCursor())],
	] as const)("is followed by its iteration: %s", async (_, make) => {
		expect(await Array.fromAsync(light.stage("odd", make)())).toEqual([{ id: 1 }, { id: 2 }]);
		expect(attributes()).toMatchObject({ outcome: "ok", "stream.item_count": 2 });
	});

	test("is over with its first null, its documents counted", async () => {
		const cursor = light.stage("odd", () => new PlainCursor())();
		expect([await cursor.next(), await cursor.next(), await cursor.next()]).toEqual([{ id: 1 }, { id: 2 }, null]);
		expect(attributes()).toMatchObject({ outcome: "ok", "stream.item_count": 2 });
	});

	test("is a collection where it is synchronous", () => {
		const node = { next: () => null, *[Symbol.iterator]() {} };
		expect(light.stage("odd", () => node)()).toBe(node);
		expect(attributes().outcome).toBe("ok");
		sdk.reset();
		const made = { next: () => null, [Symbol.iterator]: () => [1, 2].values() };
		expect([...light.stage("odd", () => made)()]).toEqual([1, 2]);
		expect(attributes().outcome).toBe("ok");
	});
});

describe("a failure to open", () => {
	const error = new Error("not opened");
	const refuse = (): never => {
		throw error;
	};

	test("of a thenable is one of the call", () => {
		const thenable = light.stage("odd", () => ({ then: refuse }))();
		expect(() => thenable.then()).toThrow(error);
		expect(exceptionsOf(sdk.span("odd"))).toEqual(["not opened"]);
	});

	test("of the iteration of a thenable is one of the call", async () => {
		class Broken extends Query {
			override [Symbol.asyncIterator](): AsyncGenerator<number> {
				return refuse();
			}
		}
		await expect(Array.fromAsync(light.stage("odd", () => new Broken())())).rejects.toBe(error);
		expect(exceptionsOf(sdk.span("odd"))).toEqual(["not opened"]);
	});

	test("of an iterable is one of the call", async () => {
		const iterable = light.stage("odd", () => ({ [Symbol.asyncIterator]: refuse }))();
		await expect(Array.fromAsync(iterable)).rejects.toBe(error);
		expect(exceptionsOf(sdk.span("odd"))).toEqual(["not opened"]);
	});
});

describe("a property that only Footlight would read", () => {
	test("may throw: throw, of an iterator", async () => {
		const iterator = () => throwing("throw", { next: async () => ({ done: true, value: 1 }) }) as AsyncIterator<number>;
		expect(await Array.fromAsync(light.stage("odd", () => ({ [Symbol.asyncIterator]: iterator }))())).toEqual([]);
		expect(attributes().outcome).toBe("ok");
	});

	test("may throw: the signal of a controller", async () => {
		const controller = throwing("signal");
		const stream = light.stage("odd", () => ({ controller, [Symbol.asyncIterator]: numbers }))();
		expect(await Array.fromAsync(stream)).toEqual([1, 2, 3]);
		expect(attributes().outcome).toBe("ok");
	});

	test("may throw: then, of what a thenable's method gives", async () => {
		class Builder extends Query {
			readonly given = throwing("then");
			options() {
				return this.given;
			}
		}
		const builder = light.stage("odd", () => new Builder())();
		expect(builder.options()).toBe(builder.given);
		await builder;
		expect(attributes().outcome).toBe("ok");
	});

	test("may throw: listenerCount, as a run ends", () => {
		const listenerCount = () => {
			throw new Error("not to be called");
		};
		const stage = light.stage("odd", () => Object.assign(new Readable({ read() {} }), { listenerCount }));
		expect(light.run(() => void stage())).toBeUndefined();
		expect(attributes()["stream.abandoned"]).toBe(true);
	});
});
