import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
	appendFile,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	symlink,
	truncate,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FootlightEvent, isTransient, telemetryFailures } from "@footlight/core";
import { manualClock, sinkContract } from "@footlight/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Batch } from "./buffered/batch.ts";
import { DiskFullError, FileSinkError, type JsonLinesOptions, jsonLinesSink } from "./jsonl.ts";
import { batchSinkContract } from "./sinks/batch-sink-contract.fixture.ts";
import { SinkClosedError, SinkFullError } from "./sinks.ts";

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "footlight-jsonl-"));
	path = join(folder, "events.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const event = (name: string | number, text = ""): FootlightEvent => ({
	name: `answer.${name}`,
	timeMs: 1_767_225_600_000,
	attributes: text === "" ? {} : { text },
});
const batchOf = (...events: FootlightEvent[]): Batch<FootlightEvent> => ({
	items: events,
	keys: events.map((_, index) => `spool-${index}`),
	id: "batch-1",
});
const never = new AbortController().signal;
const sinkOf = (options: Partial<JsonLinesOptions> = {}) => jsonLinesSink({ path, ...options });

async function linesOf(file: string): Promise<{ name: string; idempotencyKey?: string }[]> {
	const text = await readFile(file, "utf8");
	expect(text === "" || text.endsWith("\n")).toBe(true);
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line));
}

/** The files of the sink, the one that is written last, with the names of the events in each. */
async function filesOf(at = folder): Promise<Record<string, string[]>> {
	const names = (await readdir(at)).filter((name) => name.endsWith(".jsonl")).sort();
	const files = await Promise.all(
		names.map(async (name) => [name, (await linesOf(join(at, name))).map((line) => line.name)]),
	);
	return Object.fromEntries(files);
}

const told = () => telemetryFailures().get("jsonLinesSink") ?? 0;

const contract = (options: Partial<JsonLinesOptions>) => async () => {
	const own = await mkdtemp(join(tmpdir(), "footlight-jsonl-"));
	const sink = jsonLinesSink({ path: join(own, "events.jsonl"), ...options });
	return {
		sink,
		// The one without a number is the newest; a dot comes before a letter.
		kept: async () => Object.values(await filesOf(own)).flat(),
		dropped: () => sink.dropped,
		end: async () => {
			await sink.close();
			await rm(own, { recursive: true });
		},
	};
};
sinkContract("jsonLinesSink", contract({}), { describe, it });
sinkContract("jsonLinesSink that rotates all the time", contract({ maxBytes: 500, maxFiles: 1_000 }), { describe, it });
sinkContract("jsonLinesSink that waits for the disk", contract({ durability: "disk" }), { describe, it });

batchSinkContract("jsonLinesSink", async () => {
	const own = await mkdtemp(join(tmpdir(), "footlight-jsonl-"));
	const file = join(own, "events.jsonl");
	const sink = jsonLinesSink({ path: file });
	const keys = async () =>
		existsSync(file) ? (await linesOf(file)).map(({ idempotencyKey = "" }) => idempotencyKey) : [];
	const end = async () => {
		await sink.close();
		await rm(own, { recursive: true });
	};
	return { sink, keys, end };
});

describe("jsonLinesSink", () => {
	it("writes an event as it is, readable by its owner only", async () => {
		const sink = sinkOf();
		await sink.emit({ ...event("cited", "a\nb"), traceId: "t", spanId: "s" });
		expect(await readFile(path, "utf8")).toBe(
			'{"name":"answer.cited","timeMs":1767225600000,"attributes":{"text":"a\\nb"},"traceId":"t","spanId":"s"}\n',
		);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		await sink.close();
	});

	it("makes the folder, and goes on in a file that is there", async () => {
		path = join(folder, "deep", "er", "events.jsonl");
		for (const name of ["first", "second"]) {
			const sink = sinkOf();
			await sink.emit(event(name));
			await sink.close();
		}
		expect((await linesOf(path)).map(({ name }) => name)).toEqual(["answer.first", "answer.second"]);
	});

	it("writes what a format makes of an item, one line for each", async () => {
		const sink = jsonLinesSink<number>({ path, format: (item, key) => `${item}\r\n${key}` });
		await sink.emit(1);
		await sink.write({ items: [2], keys: ["k2"], id: "b" }, never);
		await sink.close();
		expect(await readFile(path, "utf8")).toBe("1 undefined\n2 k2\n");
	});

	it("rejects an item that its format cannot take", async () => {
		const error = new Error("cannot format");
		const sink = sinkOf({
			format() {
				throw error;
			},
		});
		await expect(sink.emit(event("cited"))).rejects.toBe(error);
		sink.tryEmit(event("cited"));
		expect(sink.dropped).toBe(1);
		await sink.close();
	});

	it("writes the rest of a batch, and tells the items that its format could not take", async () => {
		const format = (item: number) => {
			if (item % 3 === 0) throw new RangeError("cannot format");
			return String(item);
		};
		const sink = jsonLinesSink<number>({ path, format });
		const before = told();
		const write = (items: number[]) => sink.write({ items, keys: items.map(String), id: "b" }, never);
		expect(await write([1, 2, 3, 4, 6])).toEqual({ rejected: [2, 4], reason: "RangeError" });
		expect(await write([9])).toEqual({ rejected: [0], reason: "RangeError" });
		expect(await write([5])).toBeUndefined();
		await sink.close();
		expect([await readFile(path, "utf8"), told() - before]).toEqual(["1\n2\n4\n5\n", 3]);
	});

	it.each<[string, () => unknown, string]>([
		["a promise", async () => "line", "an instance of Promise"],
		["a promise that rejects", () => Promise.reject(new Error("no")), "an instance of Promise"],
		["undefined", () => undefined, "undefined"],
	])("rejects an item of which its format makes %s", async (_, format, shown) => {
		const sink = sinkOf({ format: format as never });
		const refusal = `jsonLinesSink: format must give a string, got ${shown}`;
		await expect(sink.emit(event("cited"))).rejects.toThrow(refusal);
		sink.tryEmit(event("cited"));
		expect(sink.dropped).toBe(1);
		expect(await sink.write(batchOf(event("cited")), never)).toEqual({ rejected: [0], reason: "TypeError" });
		await sink.close();
		expect(existsSync(path)).toBe(false);
	});

	it("refuses what waits beyond its bound, and takes it later", async () => {
		const sink = sinkOf({ maxPendingBytes: 200 });
		const first = sink.emit(event("first", "x".repeat(500)));
		const refused = await sink.emit(event("second")).catch((error) => error);
		expect(refused).toBeInstanceOf(SinkFullError);
		expect(isTransient(refused)).toBe(true);
		sink.tryEmit(event("third"));
		await expect(sink.write(batchOf(event("fourth")), never)).rejects.toThrow(SinkFullError);
		await first;
		await sink.emit(event("second"));
		await sink.close();
		expect([sink.dropped, await filesOf()]).toEqual([1, { "events.jsonl": ["answer.first", "answer.second"] }]);
	});

	it("says that it is closed in a way that is not tried again", async () => {
		const sink = sinkOf();
		await sink.close();
		const error = await sink.emit(event("late")).catch((reason) => reason);
		expect(error).toBeInstanceOf(SinkClosedError);
		expect(isTransient(error)).toBe(false);
		await expect(sink.write(batchOf(event("late")), never)).rejects.toThrow(SinkClosedError);
		expect(existsSync(path)).toBe(false);
	});

	it.each([
		[{ path: "" }, "jsonLinesSink: path must be a string that is not empty"],
		[{ path: 7 }, "jsonLinesSink: path must be a string, got 7"],
		[{ maxBytes: 0 }, "jsonLinesSink: maxBytes must be a positive integer, got 0"],
		[{ maxFiles: 1.5 }, "jsonLinesSink: maxFiles must be a positive integer, got 1.5"],
		[{ durability: "none" }, 'jsonLinesSink: durability must be one of process, disk, got "none"'],
		[{ mode: 2 ** 31 }, "jsonLinesSink: mode must be permissions of at most 0o7777, got 2147483648"],
		[{ maxBytes: null }, "jsonLinesSink: maxBytes must be a positive integer, got null"],
		[{ maxSize: 1 }, 'jsonLinesSink: unknown option "maxSize"'],
	])("refuses %j", (options, message) => {
		expect(() => sinkOf(options as never)).toThrow(message);
	});
});

describe("a batch of jsonLinesSink", () => {
	it("is in the file when write resolves, each item with its key", async () => {
		const sink = sinkOf();
		await sink.write(batchOf(event("first"), event("second")), never);
		expect((await linesOf(path)).map(({ name, idempotencyKey }) => [name, idempotencyKey])).toEqual([
			["answer.first", "spool-0"],
			["answer.second", "spool-1"],
		]);
		await sink.write(batchOf(), never);
		await sink.close();
	});

	it("keeps items that are no objects, and keys beside a member of that name", async () => {
		const sink = jsonLinesSink<unknown>({ path });
		await sink.write({ items: [7, {}, [1], { idempotencyKey: "own" }], keys: ["a", "b", "c", "d"], id: "x" }, never);
		await sink.close();
		expect(await linesOf(path)).toEqual([
			{ item: 7, idempotencyKey: "a" },
			{ idempotencyKey: "b" },
			{ item: [1], idempotencyKey: "c" },
			{ idempotencyKey: "d" },
		]);
	});

	it("is not written once its signal has aborted", async () => {
		const sink = sinkOf();
		const reason = new Error("out of time");
		await expect(sink.write(batchOf(event("first")), AbortSignal.abort(reason))).rejects.toBe(reason);
		const aborting = new AbortController();
		const writing = sink.emit(event("busy"));
		const waiting = sink.write(batchOf(event("second")), aborting.signal);
		aborting.abort(reason);
		await expect(waiting).rejects.toBe(reason);
		await writing;
		await sink.close();
		expect(await filesOf()).toEqual({ "events.jsonl": ["answer.busy"] });
	});
});

describe("rotation of jsonLinesSink", () => {
	it("begins a new file where a line would make it too large, and keeps so many", async () => {
		const lineBytes = JSON.stringify(event("10")).length + 1;
		const sink = sinkOf({ maxBytes: 2 * lineBytes, maxFiles: 3 });
		for (let number = 10; number < 19; number++) await sink.emit(event(number));
		await sink.close();
		expect(await filesOf()).toEqual({
			"events.000003.jsonl": ["answer.14", "answer.15"],
			"events.000004.jsonl": ["answer.16", "answer.17"],
			"events.jsonl": ["answer.18"],
		});
	});

	it("does so too for lines that were given together", async () => {
		const lineBytes = JSON.stringify(event("10")).length + 1;
		const sink = sinkOf({ maxBytes: 3 * lineBytes });
		for (let number = 10; number < 18; number++) sink.tryEmit(event(number));
		await sink.close();
		expect(Object.values(await filesOf()).map((names) => names.length)).toEqual([3, 3, 2]);
	});

	it("gives a line that is larger than a file a file to itself", async () => {
		const sink = sinkOf({ maxBytes: 100 });
		await Promise.all(["a", "b", "c"].map((name) => sink.emit(event(name, name === "b" ? "x".repeat(1_000) : ""))));
		await sink.close();
		expect(Object.values(await filesOf())).toEqual([["answer.a"], ["answer.b"], ["answer.c"]]);
	});

	it("counts bytes, not characters", async () => {
		const sink = sinkOf({ maxBytes: 300 });
		for (let number = 0; number < 4; number++) await sink.emit(event(number, "€".repeat(40)));
		await sink.close();
		for (const name of await readdir(folder)) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(300);
	});

	it("goes on with the numbers after a restart", async () => {
		for (let number = 0; number < 3; number++) {
			const sink = sinkOf({ maxBytes: 10 });
			await sink.emit(event(number));
			await sink.close();
		}
		await writeFile(join(folder, "events.notes.jsonl"), "");
		expect(Object.keys(await filesOf())).toEqual([
			"events.000001.jsonl",
			"events.000002.jsonl",
			"events.jsonl",
			"events.notes.jsonl",
		]);
	});

	it("begins a new file when the old one is old", async () => {
		const clock = manualClock();
		const sink = sinkOf({ maxAgeMs: 60_000, clock });
		await sink.emit(event("a"));
		await clock.advance(59_999);
		await sink.emit(event("b"));
		await clock.advance(1);
		await sink.emit(event("c"));
		await sink.close();
		expect(Object.values(await filesOf())).toEqual([["answer.a", "answer.b"], ["answer.c"]]);
	});

	it("loses nothing where two sinks write one file", async () => {
		const sinks = [sinkOf({ maxBytes: 400, maxFiles: 1_000 }), sinkOf({ maxBytes: 400, maxFiles: 1_000 })];
		for (let round = 0; round < 40; round++) {
			await Promise.all(sinks.map((sink, index) => sink.emit(event(`${index}-${round}`))));
		}
		await Promise.all(sinks.map((sink) => sink.close()));
		const names = Object.values(await filesOf()).flat();
		expect(new Set(names).size).toBe(80);
		expect(names.length).toBe(80);
	});

	it("writes on into a large file where it cannot be put aside, and says so", async () => {
		// With a number behind it the name is longer than names may be.
		path = join(folder, `${"e".repeat(245)}.jsonl`);
		const sink = sinkOf({ maxBytes: 10 });
		await sink.emit(event("a"));
		const before = told();
		await Promise.all([sink.emit(event("b")), sink.emit(event("c"))]);
		await sink.close();
		expect((await linesOf(path)).map(({ name }) => name)).toEqual(["answer.a", "answer.b", "answer.c"]);
		expect(told()).toBe(before + 1);
	});
});

describe("when the disk fails, jsonLinesSink", () => {
	it.runIf(existsSync("/dev/full"))(
		"rejects and counts while the disk is full, and goes on when it is not",
		async () => {
			await symlink("/dev/full", path);
			const sink = sinkOf();
			const before = told();
			const error = await sink.emit(event("lost")).catch((reason) => reason);
			expect(error).toBeInstanceOf(DiskFullError);
			expect(error.message).toBe(`no room on the disk for ${path}`);
			expect(error.cause.code).toBe("ENOSPC");
			expect(isTransient(error)).toBe(true);
			await expect(sink.write(batchOf(event("lost"), event("lost")), never)).rejects.toThrow(DiskFullError);
			sink.tryEmit(event("lost"));
			await expect(sink.emit(event("lost"))).rejects.toThrow(DiskFullError);
			expect([sink.dropped, told() - before]).toEqual([1, 1]);
			await rm(path);
			await sink.emit(event("kept"));
			await sink.close();
			expect(await filesOf()).toEqual({ "events.jsonl": ["answer.kept"] });
		},
	);

	it.runIf(process.platform === "linux")(
		"keeps the whole lines of a write that stops in the middle, and cuts the rest",
		async () => {
			const fixture = fileURLToPath(new URL("jsonl/limited-disk.fixture.ts", import.meta.url));
			const command = 'ulimit -f 8; exec "$0" --conditions=@footlight/source "$@"';
			const { stdout, stderr } = spawnSync("bash", ["-c", command, process.execPath, fixture, path], {
				encoding: "utf8",
			});
			expect(stderr).toBe("");
			const { kept, errors } = JSON.parse(stdout);
			const moved = await linesOf(`${path}.moved`);
			expect(kept).toBeGreaterThan(5);
			expect(kept).toBeLessThan(50);
			expect(errors.sort()).toEqual(["DiskFullError", "none"]);
			expect(moved.map(({ name }) => name)).toEqual(Array.from({ length: kept }, (_, number) => `answer.${number}`));
			expect((await linesOf(path)).map(({ name }) => name)).toEqual(["answer.50"]);
		},
	);

	it("makes a folder again that somebody deletes, and loses nothing", async () => {
		path = join(folder, "logs", "events.jsonl");
		const sink = sinkOf();
		await sink.emit(event("gone"));
		await rm(join(folder, "logs"), { recursive: true });
		const before = told();
		await sink.emit(event("first"));
		await sink.emit(event("second"));
		await sink.close();
		expect((await linesOf(path)).map(({ name }) => name)).toEqual(["answer.first", "answer.second"]);
		expect(told()).toBe(before + 1);
	});

	it("leaves a file that somebody renames, and begins anew", async () => {
		const sink = sinkOf();
		await sink.emit(event("a"));
		await rename(path, join(folder, "moved.jsonl"));
		await sink.emit(event("b"));
		await sink.emit(event("c"));
		await sink.close();
		expect(await filesOf()).toEqual({ "events.jsonl": ["answer.c"], "moved.jsonl": ["answer.a", "answer.b"] });
	});

	it("knows the size of a file that somebody empties", async () => {
		const sink = sinkOf({ maxBytes: 200 });
		await sink.emit(event("a", "x".repeat(120)));
		await truncate(path);
		await sink.emit(event("b"));
		await sink.emit(event("c"));
		await sink.close();
		expect(Object.values(await filesOf()).at(-1)).toEqual(["answer.b", "answer.c"]);
	});

	it("counts what somebody else writes into its file", async () => {
		const sink = sinkOf({ maxBytes: 200 });
		await sink.emit(event("a"));
		await appendFile(path, `${JSON.stringify({ name: "other", text: "x".repeat(100) })}\n`);
		await sink.emit(event("b"));
		await sink.emit(event("c"));
		await sink.close();
		expect(Object.values(await filesOf())).toEqual([["answer.a", "other", "answer.b"], ["answer.c"]]);
	});

	it("ends a line that a crash left unended", async () => {
		await appendFile(path, '{"name":"answer.whole"}\n{"name":"answer.to');
		const sink = sinkOf();
		await sink.emit(event("next"));
		await sink.close();
		expect((await readFile(path, "utf8")).split("\n").slice(0, 2)).toEqual([
			'{"name":"answer.whole"}',
			'{"name":"answer.to',
		]);
		expect(JSON.parse((await readFile(path, "utf8")).split("\n")[2] as string)).toEqual(event("next"));
	});

	it("rejects where there can be no file, and goes on when there can", async () => {
		await writeFile(join(folder, "logs"), "no folder");
		path = join(folder, "logs", "events.jsonl");
		const sink = sinkOf();
		const error = await sink.emit(event("lost")).catch((reason) => reason);
		expect(error).toBeInstanceOf(FileSinkError);
		expect(isTransient(error)).toBe(true);
		await rm(join(folder, "logs"));
		await mkdir(join(folder, "logs"));
		await sink.emit(event("kept"));
		await sink.close();
		expect((await linesOf(path)).map(({ name }) => name)).toEqual(["answer.kept"]);
	});

	it("has lost no event that it said was kept, when its process is killed", { timeout: 60_000 }, async () => {
		const fixture = fileURLToPath(new URL("jsonl/killed.fixture.ts", import.meta.url));
		for (let round = 0; round < 5; round++) {
			const own = join(folder, String(round));
			const child = spawn(process.execPath, ["--conditions=@footlight/source", fixture, join(own, "events.jsonl")]);
			let said = "";
			const { promise, resolve } = Promise.withResolvers<void>();
			child.stdout.on("data", (chunk) => {
				said += chunk;
				if (said.length > 2_000 + round * 777) child.kill("SIGKILL");
			});
			child.on("close", () => resolve());
			await promise;
			const text = (await Promise.all((await readdir(own)).map((name) => readFile(join(own, name), "utf8")))).join(
				"\n",
			);
			const kept = new Set([...text.matchAll(/"name":"answer\.(\d+)"/g)].map(([, number]) => number));
			const missing = said
				.split("\n")
				.slice(0, -1)
				.filter((number) => !kept.has(number));
			expect(missing).toEqual([]);
			expect(kept.size).toBeGreaterThan(100);
		}
	});
});
