import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { footlight, telemetryFailures } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("instrumented");
beforeEach(() => sdk.reset());

const names = () => sdk.spans().map(({ name }) => name);
const parentOf = (name: string) => {
	const { parentSpanContext } = sdk.span(name);
	return sdk.spans().find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name;
};

class Base {
	protected readonly unit = "m";
	describe(value: number): string {
		return `${value} ${this.unit}`;
	}
	overridden(): string {
		return "base";
	}
}

class Store extends Base {
	static opened = 0;
	static open(): Store {
		Store.opened++;
		return new Store();
	}
	#rows = new Map([["a", 1]]);
	#reads = 0;
	readonly nested = { deep: { read: (key: string) => this.read(key) } };
	onRead: () => number = () => this.#reads;

	get size(): number {
		return this.#rows.size;
	}
	set size(size: number) {
		if (size === 0) this.#rows.clear();
	}
	read(key: string): number | undefined {
		this.#reads++;
		return this.#rows.get(key);
	}
	async readTwice(key: string): Promise<(number | undefined)[]> {
		return [this.read(key), this.read(key)];
	}
	override overridden(): string {
		return `store over ${super.overridden()}`;
	}
	describeFirst(): string {
		return super.describe(this.read("a") ?? 0);
	}
	_private(): number {
		return this.#rows.size;
	}
	*[Symbol.iterator](): Generator<string> {
		yield* this.#rows.keys();
	}
}

describe("an instrumented object", () => {
	test("is the same object, whose calls among its methods nest", async () => {
		const store = {
			read: (key: string) => key.length,
			async all(keys: string[]) {
				return keys.map((key) => this.read(key));
			},
			version: 3,
		};
		const instrumented = light.instrument(store);
		expect(instrumented).toBe(store);
		expectTypeOf(instrumented).toEqualTypeOf<typeof store>();
		expect(await instrumented.all(["one", "three"])).toEqual([3, 5]);
		expect(names()).toEqual(["read", "read", "all"]);
		expect(
			sdk
				.spans()
				.slice(0, 2)
				.every(({ parentSpanContext }) => parentSpanContext?.spanId === sdk.span("all").spanContext().spanId),
		).toBe(true);
		expect(Object.keys(store)).toEqual(["read", "all", "version"]);
	});

	test("takes a prefix and a kind for all its members", () => {
		light.instrument({ find: () => [] }, { prefix: "store", kind: "retrieval" }).find();
		expect(sdk.span("store.find").attributes).toMatchObject({
			"stage.kind": "retrieval",
			"gen_ai.operation.name": "retrieval",
		});
	});

	test("is instrumented once by one light, and by two lights twice", () => {
		const store = light.instrument(light.instrument({ read: () => 1 }));
		light.instrument(store, { methods: ["read"] });
		store.read();
		expect(names()).toEqual(["read"]);
		footlight("other").instrument(store).read();
		expect(names()).toEqual(["read", "read", "read"]);
	});

	test("keeps a spy a spy, and a bound method bound", () => {
		const spy = vi.fn(() => 7);
		class Reader {
			readonly #value = 5;
			readonly read: () => number = this.value.bind(this);
			value(): number {
				return this.#value;
			}
		}
		const reader = light.instrument(Object.assign(new Reader(), { spy }));
		expect(reader.spy()).toBe(7);
		expect(reader.spy).toHaveBeenCalledOnce();
		const { read } = reader;
		expect(read()).toBe(5);
		expect(names()).toEqual(["spy", "read"]);
	});

	test("may have getters that throw: they are not looked at", () => {
		const store = {
			read: () => 1,
			get broken(): never {
				throw new Error("not to be looked at");
			},
		};
		expect(light.instrument(store).read()).toBe(1);
		expect(() => store.broken).toThrow("not to be looked at");
		expect(() => light.instrument(store, { methods: ["broken.read"] })).not.toThrow();
	});

	test("may be a proxy, which sees what is done to it", () => {
		const seen: PropertyKey[] = [];
		const target = { read: () => 1 };
		const proxy = new Proxy(target, {
			defineProperty(inner, key, descriptor) {
				seen.push(key);
				return Reflect.defineProperty(inner, key, descriptor);
			},
		});
		expect(light.instrument(proxy)).toBe(proxy);
		expect(proxy.read()).toBe(1);
		expect(seen).toEqual(["read"]);
		expect(names()).toEqual(["read"]);
	});
});

describe("an instrumented instance of a class", () => {
	test("keeps private fields, accessors, this and super, inherited methods included", async () => {
		const store = light.instrument(new Store());
		expect(store).toBeInstanceOf(Store);
		expect(await store.readTwice("a")).toEqual([1, 1]);
		expect(store.describe(3)).toBe("3 m");
		expect(store.overridden()).toBe("store over base");
		expect(store.describeFirst()).toBe("1 m");
		expect(store.onRead()).toBe(3);
		expect(store.size).toBe(1);
		store.size = 0;
		expect(store.size).toBe(0);
		expect(names()).toEqual(["read", "read", "readTwice", "describe", "overridden", "read", "describeFirst", "onRead"]);
	});

	test("leaves its class, other instances, and methods that are nobody's stages alone", () => {
		const store = light.instrument(new Store());
		new Store().read("a");
		expect(store._private()).toBe(1);
		expect([...store]).toEqual(["a"]);
		expect(names()).toEqual([]);
		expect(Object.hasOwn(Store.prototype, "read")).toBe(true);
	});

	test("of a platform's class keeps that class's methods as they are", () => {
		class Bus extends EventEmitter {
			publish(what: string) {
				return this.emit("published", what);
			}
		}
		class Cache extends Map<string, number> {
			warm() {
				return this.set("a", 1).size;
			}
		}
		const bus = light.instrument(new Bus());
		const heard: string[] = [];
		bus.on("published", (what) => heard.push(what));
		bus.publish("news");
		expect(light.instrument(new Cache()).warm()).toBe(1);
		expect(heard).toEqual(["news"]);
		expect(names()).toEqual(["publish", "warm"]);
	});
});

describe("an instrumented class", () => {
	test("has staged methods on every instance, its subclasses' too, but not its parents'", () => {
		class Parent {
			shared() {
				return "parent";
			}
		}
		class Child extends Parent {
			own() {
				return this.shared();
			}
		}
		class Grandchild extends Child {
			override own() {
				return `grand ${super.own()}`;
			}
		}
		expect(light.instrument(Child)).toBe(Child);
		expect(new Grandchild().own()).toBe("grand parent");
		expect(names()).toEqual(["shared", "own"]);
		new Parent().shared();
		expect(names()).toHaveLength(2);
	});

	test("keeps its static members, which may be named", () => {
		class Loader {
			static async load(url: string) {
				return new this(url);
			}
			readonly url: string;
			constructor(url: string) {
				this.url = url;
			}
			apply() {
				return this.url;
			}
		}
		light.instrument(Loader, { methods: ["load", "apply"] });
		return Loader.load("a").then((loader) => {
			expect(loader.apply()).toBe("a");
			expect(names()).toEqual(["load", "apply"]);
		});
	});
});

describe("an instrumented array", () => {
	test("is a new one of stages, named by their functions or places", async () => {
		const steps = [async function load() {}, () => 2] as const;
		const [load, second] = light.instrument(steps);
		await load();
		expect(second()).toBe(2);
		expect(names()).toEqual(["load", "stage-2"]);
		expect(steps[0]).not.toBe(load);
	});
});

describe("what cannot be changed", () => {
	test("stands behind a proxy that looks and works the same: a frozen instance", () => {
		class Reader {
			readonly #value = 5;
			readonly name = "reader";
			read() {
				return this.#value;
			}
			again() {
				return this.read();
			}
			static is(value: object): value is Reader {
				return #value in value;
			}
		}
		const frozen = Object.freeze(new Reader());
		const reader = light.instrument(frozen, { methods: ["read", "again"] });
		expect([reader.read(), reader.again(), reader.name]).toEqual([5, 5, "reader"]);
		expect(names()).toEqual(["read", "again"]);
		expect(reader).toBeInstanceOf(Reader);
		expect(reader.constructor).toBe(Reader);
		expect(Object.keys(reader)).toEqual(["name"]);
		expect({ ...reader }).toEqual({ name: "reader" });
		expect(JSON.stringify(reader)).toBe('{"name":"reader"}');
		expect(() => Object.assign(reader, { name: "other" })).toThrow(TypeError);
		expect(Object.hasOwn(frozen, "read")).toBe(false);
	});

	test("stays behind its proxy where its methods give the object back", () => {
		class Builder {
			where(): this {
				return this;
			}
			limit(): this {
				return this;
			}
		}
		const builder = light.instrument(Object.freeze(new Builder()), { methods: ["where"] });
		expect(builder.limit().where().where()).toBe(builder);
		expect(names()).toEqual(["where", "where"]);
	});

	test("may have a method named class", () => {
		const school = light.instrument({
			class(name: string) {
				return name;
			},
		});
		expect(school.class("4b")).toBe("4b");
		expect(names()).toEqual(["class"]);
	});

	test("stands behind a proxy: a frozen object of functions, and one nested in an object that is not", () => {
		const frozen = light.instrument(Object.freeze({ read: () => 1, write: () => 2 }));
		expect([frozen.read(), frozen.write(), Object.keys(frozen)]).toEqual([1, 2, ["read", "write"]]);
		const client = { chat: Object.freeze({ create: () => 3, list: () => 4 }) };
		expect(light.instrument(client, { methods: ["chat.create", "chat.list"] })).toBe(client);
		expect([client.chat.create(), client.chat.list()]).toEqual([3, 4]);
		expect(names()).toEqual(["read", "write", "chat.create", "chat.list"]);
	});

	test("stands behind a proxy: a module's namespace", async () => {
		const source =
			"export const read = () => 1; export class Kept {}; export let count = 0; export default function main() { return ++count; }";
		const namespace = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`);
		const instrumented = light.instrument(namespace);
		expect([instrumented.read(), instrumented.default()]).toEqual([1, 1]);
		expect(instrumented.count).toBe(1);
		expect(new instrumented.Kept()).toBeInstanceOf(namespace.Kept);
		expect(Object.keys(instrumented)).toEqual(Object.keys(namespace));
		expect(names()).toEqual(["read", "default"]);
	});

	test("is refused where a proxy could not stand for it: a class with a frozen prototype, a getter of a frozen object", () => {
		class Frozen {
			read() {}
		}
		Object.freeze(Frozen.prototype);
		expect(() => light.instrument(Frozen)).toThrow("the prototype of function Frozen is frozen");
		const frozen = Object.freeze({
			get inner() {
				return { read() {} };
			},
		});
		expect(() => light.instrument(frozen, { methods: ["inner.read"] })).toThrow("behind a getter of a frozen object");
	});
});

describe("a path", () => {
	test("leads to a nested member, and only that is a stage", () => {
		const store = light.instrument(new Store(), { methods: ["nested.deep.read"] });
		expect(store.nested.deep.read("a")).toBe(1);
		expect(store.read("a")).toBe(1);
		expect(names()).toEqual(["nested.deep.read"]);
	});

	test("leads through a getter, whether it makes its object once or each time", () => {
		class Client {
			readonly #key = "key";
			get fresh() {
				return { read: () => this.#key };
			}
			readonly #kept = { read: () => 1 };
			get kept() {
				return this.#kept;
			}
		}
		const client = light.instrument(new Client(), { methods: ["fresh.read", "kept.read"] });
		expect([client.fresh.read(), client.fresh.read(), client.kept.read(), client.kept.read()]).toEqual([
			"key",
			"key",
			1,
			1,
		]);
		expect(client.kept).toBe(client.kept);
		expect(names()).toEqual(["fresh.read", "fresh.read", "kept.read", "kept.read"]);
	});

	test("gives the same each time the getter does, for functions and what is frozen too", () => {
		const read = () => 1;
		const inner = Object.freeze({ read });
		const client = {
			get read() {
				return read;
			},
			get inner() {
				return inner;
			},
		};
		light.instrument(client, { methods: ["read", "inner.read"] });
		expect(client.read).toBe(client.read);
		expect(client.inner).toBe(client.inner);
		expect([client.read(), client.inner.read()]).toEqual([1, 1]);
		expect(names()).toEqual(["read", "inner.read"]);
	});

	test("that a getter turns out not to have leaves the user with what the getter gives, and is counted", () => {
		const client = light.instrument(
			{
				get beta(): { list(): number } {
					return { list: () => 1 };
				},
			},
			{ methods: ["beta.create"] },
		);
		expect(client.beta.list()).toBe(1);
		expect(telemetryFailures().get("instrument")).toBe(1);
	});

	test("parents are those of the call, across objects", async () => {
		const index = light.instrument({ search: async () => ["a"] }, { prefix: "index" });
		const agent = light.instrument({ answer: async () => index.search() }, { prefix: "agent" });
		await agent.answer();
		expect(parentOf("index.search")).toBe("agent.answer");
	});
});

describe("bad input is refused by instrument:", () => {
	const refuse = () => {
		throw new Error("refused");
	};
	test.each([
		[
			"nothing",
			() => light.instrument(undefined as never),
			"target must be an object, a class or an array of functions",
		],
		["text", () => light.instrument("text" as never), 'got "text"'],
		["an arrow function", () => light.instrument(() => 1), "wrap a function with light.stage(name, fn)"],
		["no methods", () => light.instrument({ version: 3 }), "has no methods to wrap"],
		["an array of other things", () => light.instrument([() => 1, 7]), "instrument: [1] must be a function, got 7"],
		["an unknown option", () => light.instrument({}, { method: "a" } as never), 'unknown option "method"'],
		["an empty list", () => light.instrument({}, { methods: [] }), "methods must be a list of paths"],
		["an empty path", () => light.instrument({}, { methods: [""] }), "methods[0] must be a name that is not empty"],
		["a path to nothing", () => light.instrument({ a: {} }, { methods: ["a.b"] }), '"a.b" is not there'],
		[
			"a path through nothing",
			() => light.instrument({ a: 7 }, { methods: ["a.b"] }),
			'"a.b" has no object at "a", got 7',
		],
		["a path to no function", () => light.instrument({ a: 7 }, { methods: ["a"] }), '"a" must name a function, got 7'],
		[
			"a proxy that refuses",
			() => light.instrument(new Proxy({}, { get: refuse }), { methods: ["a"] }),
			'reading "a" of an object failed',
		],
	])("%s", (_, instrument, message) => {
		expect(instrument).toThrow(message);
	});
});
