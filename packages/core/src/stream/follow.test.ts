import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import { Readable, Transform } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { footlight } from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("follow");
const run = promisify(execFile);

beforeEach(() => sdk.reset());

class Brand<T> extends Promise<T> {
	#brand = "own";
	get brand(): string {
		return this.#brand;
	}
}

/** A request that is sent when somebody asks for its answer, and only then. */
class LazyRequest<T> {
	sent = 0;
	#headers = new Map<string, string>();
	readonly #send: () => Promise<T>;

	constructor(send: () => Promise<T>) {
		this.#send = send;
	}
	header(name: string, value: string): this {
		this.#headers.set(name, value);
		return this;
	}
	raw(): Promise<{ value: T; headers: number }> {
		return this.execute().then((value) => ({ value, headers: this.#headers.size }));
	}
	execute(): Promise<T> {
		this.sent++;
		return this.#send();
	}
	then<A = T, B = never>(onFulfilled?: (value: T) => A, onRejected?: (error: unknown) => B): Promise<A | B> {
		return this.execute().then(onFulfilled, onRejected);
	}
}

describe("a plain result", () => {
	test.each([
		[undefined],
		[null],
		[7],
		["text"],
		[10n],
		[Symbol.iterator],
		[() => 7],
		[[1, 2]],
		[new Map([[1, 2]])],
		[new Date(0)],
	])("is handed on as it is, and its span ends at once: %s", (value) => {
		expect(light.stage("plain", () => value)()).toBe(value);
		expect(sdk.span("plain").attributes.outcome).toBe("ok");
		expect(sdk.span("plain").attributes).not.toHaveProperty("stream.item_count");
	});

	test("is an emitter that is no stream: nothing of it is changed", () => {
		const emitter = new EventEmitter();
		const before = Reflect.ownKeys(emitter);
		expect(light.stage("plain", () => emitter)()).toBe(emitter);
		expect(Reflect.ownKeys(emitter)).toEqual(before);
		expect(sdk.span("plain").attributes.outcome).toBe("ok");
	});

	test.each(["then", "next", "on", "getReader", Symbol.asyncIterator, Symbol.iterator])(
		"may have a getter %s that throws",
		(name) => {
			const value = Object.defineProperty({}, name, {
				get() {
					throw new Error("not to be looked at");
				},
			});
			expect(light.stage("plain", () => value)()).toBe(value);
			expect(sdk.span("plain").attributes.outcome).toBe("ok");
		},
	);

	test("may be a proxy that refuses everything", () => {
		const refuse = () => {
			throw new Error("refused");
		};
		const value = new Proxy(
			{},
			{ get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, defineProperty: refuse },
		);
		const returned = light.stage("plain", () => value)();
		expect(returned === value).toBe(true);
		expect(sdk.span("plain").attributes.outcome).toBe("ok");
	});

	test("is the object a method was called on: a builder's steps are not its execution", async () => {
		const request = new LazyRequest(async () => 7);
		const header = light.stage("header", request.header);
		expect(header.call(request, "a", "b")).toBe(request);
		expect(sdk.span("header").attributes.outcome).toBe("ok");
		expect(await request).toBe(7);
	});
});

describe("a function", () => {
	test("stays synchronous, and what it throws is the same error, recorded once", () => {
		const error = new Error("thrown");
		const inner = light.stage("inner", () => {
			throw error;
		});
		const outer = light.stage("outer", () => inner());
		expect(() => outer()).toThrow(error);
		expect(sdk.span("inner").status.code).toBe(2);
		expect(exceptionsOf(sdk.span("inner"))).toEqual(["thrown"]);
		expect(sdk.span("outer").status.code).toBe(2);
		expect(exceptionsOf(sdk.span("outer"))).toEqual([]);
	});

	test("that is async resolves and rejects with the same values", async () => {
		const error = new Error("rejected");
		expect(await light.stage("resolves", async () => 7)()).toBe(7);
		await expect(light.stage("rejects", async () => Promise.reject(error))()).rejects.toBe(error);
		expect(sdk.span("resolves").attributes.outcome).toBe("ok");
		expect(exceptionsOf(sdk.span("rejects"))).toEqual(["rejected"]);
	});

	test("that gives a promise with members of its own keeps them", async () => {
		let cancelled = false;
		const start = () => Object.assign(Promise.resolve(7), { cancel: () => (cancelled = true), pid: 12 });
		const started = light.stage("members", start)();
		expect(started.pid).toBe(12);
		started.cancel();
		expect(cancelled).toBe(true);
		expect(await started).toBe(7);
		const child = light.stage("exec", () => run(process.execPath, ["-e", "console.log(7)"]))();
		expect(child.child.pid).toBeGreaterThan(0);
		expect((await child).stdout.trim()).toBe("7");
	});
});

describe("a promise subclass", () => {
	test("keeps identity, class and private fields, and ends when it settles", async () => {
		const promise = Brand.resolve(7) as Brand<number>;
		const given = light.stage("brand", () => promise)();
		expect(given).toBe(promise);
		expect(given.brand).toBe("own");
		expect(given).toBeInstanceOf(Brand);
		expect(given.then((value) => value)).toBeInstanceOf(Brand);
		expect(await given).toBe(7);
		expect(sdk.span("brand").attributes.outcome).toBe("ok");
	});

	test.each([
		["await", async (promise: Promise<unknown>) => await promise],
		[
			"then with two reactions",
			(promise: Promise<unknown>) => promise.then(undefined, (error) => Promise.reject(error)),
		],
		["catch", (promise: Promise<unknown>) => promise.catch((error) => Promise.reject(error))],
		["finally", (promise: Promise<unknown>) => promise.finally(() => {})],
		["Promise.all", (promise: Promise<unknown>) => Promise.all([promise])],
		["Promise.race", (promise: Promise<unknown>) => Promise.race([promise])],
		["a return from an async function", async (promise: Promise<unknown>) => promise],
	] as const)("fails with the same error by %s, recorded once", async (_, consume) => {
		const error = new Error("failed");
		const promise = light.stage("brand", () => Brand.reject(error))();
		await expect(consume(promise)).rejects.toBe(error);
		expect(sdk.span("brand").status.code).toBe(2);
		expect(exceptionsOf(sdk.span("brand"))).toEqual(["failed"]);
	});

	test("that gives a stream to two who await it is watched once", async () => {
		const stage = light.stage("brand", () => Brand.resolve(Readable.from([1, 2, 3])));
		const promise = stage();
		const [first, second] = await Promise.all([promise, promise]);
		expect(first).toBe(second);
		expect(await Array.fromAsync(first)).toEqual([1, 2, 3]);
		expect(sdk.span("brand").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
	});

	test("that gives a frozen stream to two who await it gives both the same", async () => {
		const frozen = Object.freeze({
			async *[Symbol.asyncIterator]() {
				yield 1;
			},
		});
		const promise = light.stage("brand", () => Brand.resolve(frozen))();
		const [first, second] = await Promise.all([promise, promise]);
		expect(first).toBe(second);
		expect(await Array.fromAsync(second)).toEqual([1]);
		expect(sdk.span("brand").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 1 });
	});
});

describe("a lazy thenable", () => {
	const stage = light.stage("request", (send: () => Promise<number>) => new LazyRequest(send));

	test("is not started by being wrapped, and is started in the stage's context", async () => {
		const child = light.stage("child", async () => 7);
		const request = stage(child);
		await nextTurn();
		expect(request.sent).toBe(0);
		expect(await request.header("a", "b")).toBe(7);
		expect(request.sent).toBe(1);
		expect(sdk.span("child").parentSpanContext?.spanId).toBe(sdk.span("request").spanContext().spanId);
		expect(sdk.span("request").attributes.outcome).toBe("ok");
	});

	test("may be started by another of its methods", async () => {
		const request = stage(async () => 7).header("a", "b");
		expect(await request.raw()).toEqual({ value: 7, headers: 1 });
		expect(sdk.span("request").attributes.outcome).toBe("ok");
	});

	test("fails by any of its methods, once", async () => {
		const error = new Error("refused");
		await expect(stage(() => Promise.reject(error)).raw()).rejects.toBe(error);
		expect(exceptionsOf(sdk.span("request"))).toEqual(["refused"]);
	});

	test("that is frozen stands behind a proxy and works, private fields and all", async () => {
		const frozen = light.stage("frozen", () => Object.freeze(new LazyRequestThatKeepsNothing()));
		expect(frozen()).toBeInstanceOf(LazyRequestThatKeepsNothing);
		expect(await frozen()).toBe("private");
		expect(sdk.spans()).toHaveLength(1);
	});
});

class LazyRequestThatKeepsNothing {
	#answer = "private";
	then<A>(onFulfilled: (value: string) => A): Promise<A> {
		return Promise.resolve(this.#answer).then(onFulfilled);
	}
}

describe("a Readable", () => {
	test("that transforms does so in its stage's context, whoever writes to it", async () => {
		const child = light.stage("child", (text: string) => text.toUpperCase());
		const stage = light.stage("upper", () => {
			const transform = (chunk: Buffer, _: string, done: (error: null, data: string) => void) =>
				done(null, child(String(chunk)));
			return new Transform({ transform });
		});
		const upper = stage();
		upper.end("loud");
		expect(String(await upper.toArray())).toBe("LOUD");
		expect(sdk.span("child").parentSpanContext?.spanId).toBe(sdk.span("upper").spanContext().spanId);
		expect(sdk.span("upper").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 1 });
	});

	test.each([
		[
			"was read to its end",
			async () => {
				const read = Readable.from([1]);
				await read.toArray();
				return read;
			},
			"ok",
		],
		[
			"was destroyed",
			async () => {
				const destroyed = new Readable().destroy();
				await once(destroyed, "close");
				return destroyed;
			},
			"cancelled",
		],
		[
			"has failed",
			async () => {
				const failed = new Readable().on("error", () => {}).destroy(new Error("before"));
				await new Promise((resolve) => failed.on("close", resolve));
				return failed;
			},
			"error",
		],
	] as const)("that %s before it is handed out ends at once", async (_, make, outcome) => {
		await light.stage("before", make)();
		expect(sdk.span("before").attributes.outcome).toBe(outcome);
	});
});

describe("a stream that can be listened to as well as iterated", () => {
	const lines = (text: string) => createInterface({ input: Readable.from([text]) });

	test("ends with its events when nobody iterates it", async () => {
		const reading = light.stage("lines", lines)("a\nb\nc");
		const seen: string[] = [];
		reading.on("line", (line) => seen.push(line));
		await once(reading, "close");
		expect(seen).toEqual(["a", "b", "c"]);
		expect(sdk.span("lines").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
	});

	test("is not abandoned by the end of a run it outlives", async () => {
		const seen: string[] = [];
		let reading: ReturnType<typeof lines> | undefined;
		const stage = light.stage("lines", lines);
		light.run(() => {
			reading = stage("a\nb").on("line", (line) => seen.push(line));
		});
		await once(reading as NonNullable<typeof reading>, "close");
		expect(seen).toEqual(["a", "b"]);
		expect(sdk.span("lines").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 2 });
	});

	test("keeps what its listeners do out of the stage that emits", async () => {
		const heard = light.stage("heard", () => {});
		const reading = light.stage("lines", lines)("a");
		reading.on("line", heard);
		await once(reading, "close");
		expect(sdk.span("heard").parentSpanContext).toBeUndefined();
	});

	test("counts an item once when it is iterated", async () => {
		expect(await Array.fromAsync(light.stage("lines", lines)("a\nb\nc"))).toEqual(["a", "b", "c"]);
		expect(sdk.span("lines").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 3 });
	});

	test("is not taken for one whose error somebody handles", () => {
		const emitter = Object.assign(new EventEmitter(), { async *[Symbol.asyncIterator]() {} });
		const stream = light.stage("failing", () => emitter)();
		expect(() => stream.emit("error", new Error("nobody listens"))).toThrow("nobody listens");
		expect(exceptionsOf(sdk.span("failing"))).toEqual(["nobody listens"]);
	});
});

test("what nobody handles is reported as often as without Footlight", async () => {
	const file = fileURLToPath(new URL("unhandled.fixture.ts", import.meta.url));
	const [bare, wrapped] = await Promise.all(
		["bare", "wrapped"].map(async (how) => {
			// The first releases of Node 22 run TypeScript only when told to.
			const strips = process.features.typescript ? [] : ["--experimental-strip-types"];
			const flags = ["--conditions=@footlight/source", "--no-warnings", ...strips];
			const { stdout } = await run(process.execPath, [...flags, file, how]);
			return JSON.parse(stdout);
		}),
	);
	expect(wrapped.recorded).toBe(true);
	expect(bare.recorded).toBe(false);
	expect(Object.keys(bare.reported).length).toBeGreaterThan(7);
	expect(wrapped.reported).toEqual(bare.reported);
});
