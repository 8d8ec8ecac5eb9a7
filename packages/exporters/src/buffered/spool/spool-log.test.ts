// Over 250 lines: a test for each thing that a spool promises.
import { execFileSync, spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import {
	chmodSync,
	mkdirSync,
	readFileSync,
	rmSync,
	truncateSync,
	unlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { telemetryFailures } from "@footlight/core";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import { headerBytes, trailerBytes } from "./record.ts";
import { append, bytesOf, filesOf, openLog, readAll, TestFolders, textsOf } from "./spool.fixture.ts";
import { SpoolError } from "./spool-error.ts";
import { SpoolLog } from "./spool-log.ts";

const folders = new TestFolders();
afterAll(() => folders[Symbol.dispose]());

const numbered = (count: number, length = 20) =>
	Array.from({ length: count }, (_, number) => `record ${number} `.padEnd(length, "."));

describe("SpoolLog", () => {
	test("gives records in the order they were appended, whatever their priority", async () => {
		const { log } = openLog({ directory: folders.make() });
		const texts = numbered(40);
		for (const [index, text] of texts.entries()) append(log, [text], index % 4);
		await log.kept();
		expect(await textsOf(log)).toEqual(texts);
		await log.close();
	});

	test("takes bytes as well as text", async () => {
		const { log } = openLog({ directory: folders.make() });
		log.append(new Uint8Array([0, 255, 10]), 1, undefined);
		log.append("naïve 日本", 1, undefined);
		log.append("", 1, undefined);
		await log.kept();
		expect((await readAll(log)).map(({ record }) => [...record.payload])).toEqual([
			[0, 255, 10],
			[...Buffer.from("naïve 日本")],
			[],
		]);
		await log.close();
	});

	test("has what it kept when its process is killed, with the same keys", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory, segmentBytes: 256 });
		append(log, numbered(50));
		await log.kept();
		const before = await readAll(log);
		const { log: again } = openLog({ directory: folders.imageOf(directory), segmentBytes: 256 });
		const after = await readAll(again);
		expect(after.map(({ text, key }) => [text, key])).toEqual(before.map(({ text, key }) => [text, key]));
		expect(new Set(after.map(({ key }) => key)).size).toBe(50);
		await log.close();
		await again.close();
	});

	test("gives nothing again that was settled, in whatever order", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory, segmentBytes: 512 });
		append(log, numbered(60));
		await log.kept();
		const records = await readAll(log);
		for (const { record } of records.filter((_, index) => index % 3 === 2).reverse()) log.settle(record);
		for (const { record } of records.filter((_, index) => index % 3 === 0)) log.settle(record);
		await log.flush();
		const { log: again } = openLog({ directory: folders.imageOf(directory), segmentBytes: 512 });
		expect(again.left).toBe(20);
		expect(await textsOf(again)).toEqual(numbered(60).filter((_, index) => index % 3 === 1));
		await log.close();
		await again.close();
	});

	test("goes on with its sequence after a restart, and with keys of its own", async () => {
		const directory = folders.make();
		const keys = new Set<string>();
		for (let opening = 1; opening <= 5; opening++) {
			const { log } = openLog({ directory });
			expect(log.left).toBe(opening - 1);
			append(log, [`of opening ${opening}`]);
			await log.kept();
			const records = await readAll(log);
			expect(records.map(({ text }) => text)).toEqual(
				Array.from({ length: opening }, (_, index) => `of opening ${index + 1}`),
			);
			for (const { key } of records) keys.add(key);
			await log.close();
		}
		expect(keys.size).toBe(5);
	});

	test("gives no key twice though all of the records before are gone", async () => {
		const directory = folders.make();
		const keys: string[] = [];
		for (let opening = 0; opening < 3; opening++) {
			const { log } = openLog({ directory });
			append(log, ["same"]);
			await log.kept();
			for (const { key, record } of await readAll(log)) {
				keys.push(key);
				log.settle(record);
			}
			await log.close();
			expect(filesOf(directory, ".log")).toEqual([]);
		}
		expect(new Set(keys).size).toBe(3);
	});

	test("deletes a file when all of it is settled, and not before", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory, segmentBytes: 256 });
		append(log, numbered(70));
		await log.kept();
		const files = filesOf(directory, ".log").length;
		expect(files).toBe(10);
		const records = await readAll(log);
		const [first, ...others] = records.filter(({ record }) => record.segment === records[0]?.record.segment);
		for (const { record } of others) log.settle(record);
		await log.flush();
		expect(filesOf(directory, ".log")).toHaveLength(files);
		log.settle(first?.record as never);
		await log.flush();
		const left = filesOf(directory, ".log");
		expect(left).toHaveLength(files - 1);
		expect(filesOf(directory, ".ack").every((path) => left.includes(path.replace(/ack$/, "log")))).toBe(true);
		await log.close();
	});

	test("hands out what was written without reading it, until one is not admitted", async () => {
		const admitted: string[] = [];
		const forgotten: string[] = [];
		const log = new SpoolLog<string>(
			{ directory: folders.make() },
			{
				admit: (_record, tag) => {
					if (admitted.length === 3) return false;
					admitted.push(tag);
					return true;
				},
				forget: (tag) => forgotten.push(tag),
			},
		);
		for (const [index, tag] of ["a", "b", "c", "d", "e"].entries()) log.append(tag, index % 2, tag);
		await log.kept();
		expect([admitted, forgotten, log.unread]).toEqual([["a", "b", "c"], ["e", "d"], 2]);
		expect((await log.read(9, 999)).map(({ payload }) => String(payload))).toEqual(["d", "e"]);
		await log.close();
	});

	test("resolves for all that came in one turn with one promise", async () => {
		const { log } = openLog({ directory: folders.make() });
		expect(log.kept()).toBeUndefined();
		append(log, ["a"]);
		const first = log.kept();
		append(log, ["b"]);
		expect(log.kept()).toBe(first);
		await first;
		expect(log.kept()).toBeUndefined();
		await log.close();
	});

	test("keeps what was accepted through a sync of the disk where it is asked to", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory, durability: "disk", segmentBytes: 256 });
		append(log, numbered(30));
		await log.kept();
		const { log: again } = openLog({ directory: folders.imageOf(directory) });
		expect(await textsOf(again)).toEqual(numbered(30));
		await log.close();
		await again.close();
	});

	test.each([
		["disk", ["write", "fdatasync", "write", "fdatasync", "write", "fdatasync"]],
		["process", ["write", "write", "write"]],
	])("syncs each group before it resolves where it is to survive the %s", (durability, expected) => {
		const directory = folders.make();
		mkdirSync(directory);
		const trace = join(directory, "trace.json");
		const tracing = ["--trace-event-categories", "node.fs.async", `--trace-event-file-pattern=${trace}`];
		child("synced.fixture.ts", [join(directory, "spool"), durability], tracing);
		const { traceEvents } = JSON.parse(readFileSync(trace, "utf8")) as { traceEvents: { name: string; ph: string }[] };
		const begun = traceEvents.filter(({ name, ph }) => ph === "b" && /^(write|fdatasync)$/.test(name));
		expect(begun.map(({ name }) => name)).toEqual(expected);
	});

	test("writes what was appended when it is closed, and takes no more", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		append(log, ["late"]);
		const closed = log.close();
		expect(log.append("too late", 1, undefined)).toBe("spool_failed");
		await closed;
		const { log: again } = openLog({ directory });
		expect(await textsOf(again)).toEqual(["late"]);
		await again.close();
	});

	test("leaves files alone that are not its own", async () => {
		const directory = folders.make();
		mkdirSync(join(directory, "normal"), { recursive: true });
		for (const name of ["README", "normal/notes.log", "normal/12-abc.log"])
			writeFileSync(join(directory, name), "mine");
		const { log } = openLog({ directory });
		await log.close();
		expect(filesOf(directory, "").filter((path) => !/\.|README/.test(path.slice(directory.length)))).toHaveLength(4);
		expect(filesOf(directory, ".log")).toHaveLength(2);
	});

	test.each([
		["file", (directory: string) => filesOf(directory, ".log").forEach((path) => void unlinkSync(path))],
		["folder", (directory: string) => rmSync(directory, { recursive: true })],
	])(
		"goes on in a new file when its %s is deleted, and resolves for nothing that is not on disk",
		async (_, remove) => {
			const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
			const directory = folders.make();
			const { log } = openLog({ directory, segmentBytes: 256 });
			append(log, numbered(3));
			await log.kept();
			remove(directory);
			append(log, numbered(30, 40));
			await log.kept();
			append(log, ["last"]);
			await log.kept();
			expect(() => openLog({ directory })).toThrow(/spool_locked/);
			const { log: again } = openLog({ directory: folders.imageOf(directory) });
			expect(await textsOf(again)).toEqual([...numbered(30, 40), "last"]);
			await again.close();
			await log.close();
			warned.mockRestore();
		},
	);

	test("refuses what comes after its folder was deleted and taken by another, and says so", async () => {
		const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
		const directory = folders.make();
		const { log, heard } = openLog({ directory });
		append(log, ["before"]);
		await log.kept();
		rmSync(directory, { recursive: true });
		const { log: other } = openLog({ directory });
		append(log, ["after"]);
		await expect(log.kept()).rejects.toMatchObject({ code: "spool_locked" });
		expect(heard.lost).toEqual({ spool_failed: 1 });
		expect(log.append("more", 1, undefined)).toBe("spool_failed");
		await log.close();
		expect(() => openLog({ directory })).toThrow(/spool_locked/);
		append(other, ["of the other"]);
		await other.kept();
		expect(await textsOf(other)).toEqual(["of the other"]);
		await other.close();
		warned.mockRestore();
	});

	test("survives files that are taken from under it: what was in them counts as damaged", async () => {
		const directory = folders.make();
		const { log, heard } = openLog({ directory });
		append(log, numbered(10));
		await log.kept();
		for (const path of filesOf(directory, ".log")) unlinkSync(path);
		expect(await textsOf(log)).toEqual([]);
		expect(heard.lost).toEqual({ corrupt: 10 });
		await log.close();
	});
});

describe("recovery of a SpoolLog", () => {
	test("gives all records before a tail that is torn at any byte, and counts nothing as damaged", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		const texts = numbered(6);
		append(log, texts);
		await log.kept();
		const [path = ""] = filesOf(directory, ".log");
		const { length } = readFileSync(path);
		const recordBytes = length / texts.length;
		for (let cut = 0; cut <= length; cut++) {
			const image = folders.imageOf(directory);
			truncateSync(filesOf(image, ".log")[0] as string, cut);
			const { log: again, heard } = openLog({ directory: image });
			append(again, ["new"]);
			await again.kept();
			expect(await textsOf(again)).toEqual([...texts.slice(0, Math.floor(cut / recordBytes)), "new"]);
			expect(heard.lost).toEqual({});
			await again.close();
		}
		await log.close();
	});

	test.each([
		["overwritten with bytes of no sense", (bytes: Buffer) => randomFillSync(bytes), [], 101],
		["overwritten with zeros", (bytes: Buffer) => bytes.fill(0), [], 101],
		["cut in half", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), numbered(50), 51],
		["cut between two records", (bytes: Buffer) => bytes.subarray(0, 36 * 10), numbered(10), 91],
		["emptied", (bytes: Buffer) => bytes.subarray(0, 0), [], 101],
	])("counts what is missing of a file that was ended and is %s, and says so", async (_, change, left, corrupt) => {
		const failures = telemetryFailures().get("spool") ?? 0;
		const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
		const directory = folders.make();
		const { log } = openLog({ directory });
		append(log, numbered(101));
		await log.close();
		const [path = ""] = filesOf(directory, ".log");
		writeFileSync(path, change(readFileSync(path)));
		const { log: again, heard } = openLog({ directory });
		expect(again.left).toBe(101);
		const found = await readAll(again);
		expect(found.map(({ text }) => text)).toEqual(left);
		expect([heard.lost, again.left]).toEqual([{ corrupt }, left.length]);
		expect(telemetryFailures().get("spool")).toBe(failures + 1);
		for (const { record } of found) again.settle(record);
		await again.close();
		expect(filesOf(directory, ".log")).toEqual([]);
		// Of which nothing could be read is left to be looked at.
		expect(filesOf(directory, ".log.damaged")).toEqual(left.length === 0 ? [`${path}.damaged`] : []);
		const { log: third } = openLog({ directory });
		expect(third.left).toBe(0);
		await third.close();
		warned.mockRestore();
	});

	test("counts what stands at the end of a file that was not ended, where it is no record that was cut off", async () => {
		vi.spyOn(process, "emitWarning").mockReturnValue();
		const directory = folders.make();
		const { log } = openLog({ directory });
		append(log, numbered(6));
		await log.kept();
		const image = folders.imageOf(directory);
		await log.close();
		const [path = ""] = filesOf(image, ".log");
		const bytes = readFileSync(path);
		bytes.fill(0xa5, bytes.length - 36);
		writeFileSync(path, bytes);
		const { log: again, heard } = openLog({ directory: image });
		expect([await textsOf(again), heard.lost]).toEqual([numbered(5), { corrupt: 1 }]);
		await again.close();
	});

	test("gives every record whose bytes are whole, and counts the others", async () => {
		const segmentBytes = 256;
		const payload = fc.string({ minLength: 0, maxLength: 30 });
		const damage = fc.record({ at: fc.nat(5_000), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) });
		await fc.assert(
			fc.asyncProperty(
				fc.array(payload, { minLength: 1, maxLength: 40 }),
				fc.array(damage, { maxLength: 4 }),
				fc.array(fc.nat(39), { maxLength: 10 }),
				fc.boolean(),
				async (payloads, damages, settled, isClosed) => {
					const directory = folders.make();
					const { log } = openLog({ directory, segmentBytes });
					append(log, payloads);
					await log.kept();
					const records = await readAll(log);
					const isSettled = new Set(settled);
					for (const index of isSettled) if (records[index] !== undefined) log.settle(records[index].record);
					await log.flush();
					if (isClosed) await log.close();
					const image = folders.imageOf(directory);
					await log.close();
					const damaged = overwrite(filesOf(image, ".log"), damages);
					const expected = { whole: [] as string[], damaged: 0 };
					for (const [index, { text, record }] of records.entries()) {
						const { path } = record.segment;
						const isHit = damaged.some(
							(hit) => path.endsWith(hit.name) && hit.at >= record.start && hit.at < record.end,
						);
						if (isSettled.has(index)) continue;
						if (isHit) expected.damaged++;
						else expected.whole.push(text);
					}
					const { log: again, heard } = openLog({ directory: image, segmentBytes });
					expect(await textsOf(again)).toEqual(expected.whole);
					const { corrupt = 0 } = heard.lost;
					// Without a trailer nobody knows what was at the end of a file.
					expect(corrupt).toBeLessThanOrEqual(expected.damaged);
					if (isClosed && !damaged.some(({ isTrailer }) => isTrailer)) expect(corrupt).toBe(expected.damaged);
					expect(again.left).toBe(expected.whole.length);
					await again.close();
				},
			),
			{
				numRuns: Number(process.env.FOOTLIGHT_RUNS ?? 100),
				seed: Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31),
			},
		);
	}, 120_000);

	test("gives records again whose acknowledgement is damaged, and those only", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		append(log, numbered(6));
		await log.kept();
		const records = await readAll(log);
		for (const index of [1, 3]) {
			log.settle(records[index]?.record as never);
			await log.flush();
		}
		await log.close();
		const [path = ""] = filesOf(directory, ".ack");
		const bytes = readFileSync(path);
		bytes[6] = (bytes[6] as number) ^ 0x40;
		writeFileSync(path, Buffer.concat([bytes, Buffer.from("torn")]));
		const { log: again } = openLog({ directory });
		const left = numbered(6).filter((_, index) => index !== 3);
		const found = await readAll(again);
		expect(found.map(({ text }) => text)).toEqual(left);
		for (const { record } of found.slice(0, 3)) again.settle(record);
		await again.close();
		const { log: third } = openLog({ directory });
		expect(await textsOf(third)).toEqual(left.slice(3));
		await third.close();
	});

	test("does not take a payload for a record, though it is one of another file", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		append(log, ["inner"]);
		await log.kept();
		const stored = readFileSync(filesOf(directory, ".log")[0] as string);
		await log.close();
		const outer = folders.make();
		const { log: other } = openLog({ directory: outer });
		other.append(stored, 1, undefined);
		append(other, ["after"]);
		await other.close();
		const [path = ""] = filesOf(outer, ".log");
		const bytes = readFileSync(path);
		bytes[0] = (bytes[0] as number) ^ 1;
		writeFileSync(path, bytes);
		const { log: again, heard } = openLog({ directory: outer });
		expect([await textsOf(again), heard.lost]).toEqual([["after"], { corrupt: 1 }]);
		await again.close();
	});

	test.skipIf(process.platform !== "linux")(
		"reads of a large spool the file that was not sealed, and little else",
		async () => {
			const directory = folders.make();
			const segmentBytes = 64 * 1024;
			const { log } = openLog({ directory, segmentBytes, maxBytes: 2 ** 24 });
			for (let block = 0; block < 40; block++) {
				append(log, numbered(1_000, 100));
				await log.kept();
			}
			const image = folders.imageOf(directory);
			await log.close();
			const files = filesOf(image, ".log").length;
			expect(files).toBeGreaterThan(60);
			const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "latin1"))?.[1]);
			const before = readBytes();
			const again = new SpoolLog({ directory: image, segmentBytes, maxBytes: 2 ** 24 });
			const opened = readBytes() - before;
			expect(again.left).toBe(40_000);
			expect(opened).toBeLessThan(segmentBytes + files * (trailerBytes + 64) + 4_096);
			await again.read(1, 1);
			expect(readBytes() - before).toBeLessThan(opened + 300 * 1024);
			await again.close();
		},
	);
});

describe("a SpoolLog that is full", () => {
	const options = { segmentBytes: 256, maxBytes: 2_240 };
	const text = "x".repeat(64 - headerBytes);

	test("stays within its bytes, and sheds the oldest files of the lowest priority first", async () => {
		const directory = folders.make();
		const { log, heard } = openLog({ directory, ...options });
		const fill = async (rank: number, name: string, records: number) => {
			for (let record = 0; record < records; record++) {
				append(log, [`${name}${record} `.padEnd(text.length, "x")], rank);
				await log.kept();
				expect(bytesOf(directory, ".log")).toBeLessThanOrEqual(options.maxBytes);
			}
		};
		await fill(1, "normal", 8);
		await fill(0, "low", 8);
		await fill(3, "critical", 12);
		expect(heard.lost).toEqual({});
		await fill(3, "more", 1);
		expect([heard.lost, heard.shed.map(({ rank }) => rank)]).toEqual([{ queue_full: 4 }, [0]]);
		await fill(3, "most", 8);
		expect([heard.lost, heard.shed.map(({ rank }) => rank)]).toEqual([{ queue_full: 12 }, [0, 0, 1]]);
		const kept = (await textsOf(log)).map((found) => found.split(" ")[0]);
		const named = (name: string, from: number, to: number) =>
			Array.from({ length: to - from }, (_, index) => `${name}${from + index}`);
		expect(kept).toEqual([...named("normal", 4, 8), ...named("critical", 0, 12), "more0", ...named("most", 0, 8)]);
		await log.close();
	});

	test("refuses what is worth less than all it has, and then sheds nothing", async () => {
		const { log, heard } = openLog({ directory: folders.make(), ...options });
		for (let record = 0; record < 28; record++) {
			append(log, [text], 3);
			await log.kept();
		}
		expect(log.append(text, 1, undefined)).toBe("queue_full");
		expect([heard.lost, log.left]).toEqual([{}, 28]);
		expect(log.append(text, 3, undefined)).toBeUndefined();
		await log.kept();
		expect(heard.lost).toEqual({ queue_full: 4 });
		await log.close();
	});

	test("does not shed what is in flight", async () => {
		const { log, heard } = openLog({ directory: folders.make(), ...options });
		append(log, ["first"]);
		await log.kept();
		const [inFlight] = await log.read(1, 1);
		log.take(inFlight as never);
		for (let record = 0; record < 60; record++) {
			append(log, [text], 1);
			await log.kept();
		}
		expect(heard.lost.queue_full).toBeGreaterThan(0);
		expect(inFlight?.segment.isGone).toBe(false);
		log.settle(inFlight as never);
		const left = await textsOf(log);
		expect(left.length + (heard.lost.queue_full ?? 0)).toBe(60);
		await log.close();
	});

	test("says nothing of a file that was shed while it was to be read", async () => {
		const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
		const { log, heard } = openLog({ directory: folders.make(), ...options });
		for (let record = 0; record < 28; record++) {
			append(log, [text]);
			await log.kept();
		}
		const reading = log.read(1, 1);
		append(log, [text]);
		const [shed] = heard.shed;
		rmSync(shed?.path as string, { force: true });
		await reading;
		expect(heard.lost).toEqual({ queue_full: 4 });
		expect(warned.mock.calls).toEqual([]);
		warned.mockRestore();
		await log.close();
	});

	test("holds nothing of a record that it has refused for its length", async () => {
		const { log } = openLog({ directory: folders.make(), ...options });
		const { arrayBuffers } = process.memoryUsage();
		expect(log.append("x".repeat(5_000_000), 3, undefined)).toBe("item_too_large");
		expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1_000_000);
		await log.close();
		const { log: roomy } = openLog({ directory: folders.make() });
		expect(roomy.append("x".repeat(65 * 2 ** 20), 3, undefined)).toBe("item_too_large");
		expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1_000_000);
		await roomy.close();
	});

	test("refuses a record that it could never hold", async () => {
		const { log } = openLog({ directory: folders.make(), ...options });
		expect(log.append("x".repeat(2_240), 3, undefined)).toBe("item_too_large");
		expect(log.append("x".repeat(600), 3, undefined)).toBeUndefined();
		await log.kept();
		expect(await textsOf(log)).toEqual(["x".repeat(600)]);
		await log.close();
	});
});

describe("a SpoolLog on a full disk", () => {
	test("rejects with a SpoolError, loses nothing that was accepted, and goes on when there is room", () => {
		const directory = folders.make();
		const said = JSON.parse(child("full-disk.fixture.ts", [directory]));
		const { accepted, rejected, codes, left, reopened, afterwards, recovered } = said;
		expect(rejected).toBeGreaterThan(0);
		expect(codes).toEqual(["disk_full"]);
		expect(accepted.length).toBeGreaterThan(10);
		expect([left, reopened]).toEqual([accepted.length, accepted.length]);
		expect(afterwards).toBe("kept");
		expect(recovered).toEqual([...accepted, "afterwards"]);
	});
});

describe("the lock of a SpoolLog", () => {
	test("keeps a second spool of the process out, until the first is closed", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		expect(() => openLog({ directory })).toThrow(SpoolError);
		expect(() => openLog({ directory })).toThrow(/\[spool_locked\] spool .*: process \d+ on .* uses it/);
		append(log, ["still"]);
		await log.close();
		const { log: next } = openLog({ directory });
		expect(await textsOf(next)).toEqual(["still"]);
		await next.close();
	});

	test("is let go where the folder cannot be opened after all", async () => {
		const directory = folders.make();
		mkdirSync(directory);
		// Who is root may read anything.
		const isRoot = process.geteuid?.() === 0;
		chmodSync(directory, 0o333);
		if (isRoot) allowAll(directory);
		if (isRoot) process.seteuid?.(65_534);
		try {
			expect(() => openLog({ directory })).toThrow("cannot be opened (EACCES)");
		} finally {
			if (isRoot) process.seteuid?.(0);
			chmodSync(directory, 0o777);
		}
		expect(filesOf(directory, "")).toEqual([]);
		await openLog({ directory }).log.close();
	});

	test("keeps another process out while the first lives, and lets it in when that is killed", async () => {
		const directory = folders.make();
		const holder = spawn(process.execPath, [...process.execArgv, fixture("lock-holder.fixture.ts"), directory]);
		await once(holder.stdout, "data");
		expect(() => openLog({ directory })).toThrow(`process ${holder.pid} on ${hostname()} uses it`);
		holder.kill("SIGKILL");
		await once(holder, "exit");
		const { log } = openLog({ directory });
		expect(await textsOf(log)).toEqual(["of the holder"]);
		await log.close();
	});

	test.skipIf(process.platform !== "linux")("is not taken for alive when another process has got its id", async () => {
		const directory = folders.make();
		const { log } = openLog({ directory });
		const [, pid, started, boot, space, host] =
			/lock\.[0-9a-f]{16}\.(\d+)\.(\d+)\.([0-9a-f-]+)\.(\d+)\.(.+)/.exec(filesOf(directory, "").join("\n")) ?? [];
		await log.close();
		const owner = { pid, started, boot, space, host };
		let left = "";
		const leave = (changed: Partial<typeof owner>) => {
			const other = { ...owner, ...changed };
			left = `lock.00112233445566ff.${other.pid}.${other.started}.${other.boot}.${other.space}.${other.host}`;
			writeFileSync(join(directory, left), "");
		};
		const isLetIn = async () => {
			try {
				await openLog({ directory }).log.close();
				return true;
			} catch {
				return false;
			}
		};
		leave({});
		expect(await isLetIn()).toBe(false);
		unlinkSync(join(directory, left));
		leave({ started: "1" });
		expect(await isLetIn()).toBe(true);
		leave({ boot: "00-11" });
		expect(await isLetIn()).toBe(true);
		leave({ pid: String(2 ** 22 + 1) });
		expect(await isLetIn()).toBe(true);
		// The first process of a container that was begun anew.
		leave({ space: "1" });
		expect(await isLetIn()).toBe(true);
		leave({ host: "elsewhere" });
		expect(await isLetIn()).toBe(false);
		utimesSync(join(directory, left), 1, 1);
		expect(await isLetIn()).toBe(true);
	});
});

test.each([
	[undefined, "TypeError: SpoolLog: options must be an object, got undefined"],
	[{}, "TypeError: SpoolLog: directory must be a string, got undefined"],
	[{ directory: "" }, 'RangeError: SpoolLog: directory must be a string that is not empty, got ""'],
	[{ directory: "a", maxbytes: 1 }, /^TypeError: SpoolLog: unknown option "maxbytes"/],
	[{ directory: "a", maxBytes: 10 }, "RangeError: SpoolLog: maxBytes must be an integer of at least 1024, got 10"],
	[
		{ directory: "a", maxBytes: 4096, segmentBytes: 2048 },
		"RangeError: SpoolLog: segmentBytes must be at most 1024 (a quarter of maxBytes), got 2048",
	],
	[{ directory: "a", durability: "ram" }, 'RangeError: SpoolLog: durability must be one of process, disk, got "ram"'],
	[
		{ directory: "/dev/null/spool" },
		/^SpoolError: \[spool_failed\] spool \/dev\/null\/spool: cannot be opened \(ENOTDIR\)/,
	],
	// Node's own way to make folders never comes back from there.
	[{ directory: "/proc/nope/spool" }, /^SpoolError: \[spool_failed\] spool \/proc\/nope\/spool: cannot be opened \(E/],
])("refuses %o", (options, message) => {
	let error: unknown;
	try {
		new SpoolLog(options as never);
	} catch (thrown) {
		error = thrown;
	}
	if (typeof message === "string") expect(String(error)).toBe(message);
	else expect(String(error)).toMatch(message);
});

/** Lets everybody into the folders that a folder is in. */
function allowAll(directory: string): void {
	const parent = dirname(directory);
	if (parent === tmpdir()) return;
	chmodSync(parent, 0o755);
	allowAll(parent);
}

function fixture(name: string): string {
	return fileURLToPath(new URL(`./${name}`, import.meta.url));
}

/** What a fixture prints that is run as a process of its own. */
function child(name: string, args: readonly string[], flags: readonly string[] = []): string {
	const command = ["--conditions=@footlight/source", ...flags, fixture(name), ...args];
	return execFileSync(process.execPath, command, { encoding: "utf8" });
}

/** Writes garbage over the files, which stand one after the other; gives each byte that was changed. */
function overwrite(
	paths: readonly string[],
	damages: readonly { at: number; bytes: Uint8Array }[],
): { name: string; at: number; isTrailer: boolean }[] {
	const files = paths.map((path) => ({
		path,
		name: path.slice(path.lastIndexOf("/")),
		before: readFileSync(path),
		bytes: readFileSync(path),
	}));
	const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
	for (const { at, bytes } of damages) {
		let place = total === 0 ? 0 : at % total;
		const file = files.find((candidate) => {
			if (place < candidate.bytes.length) return true;
			place -= candidate.bytes.length;
			return false;
		});
		file?.bytes.set(bytes.subarray(0, file.bytes.length - place), place);
	}
	return files.flatMap(({ path, name, before, bytes }) => {
		writeFileSync(path, bytes);
		return [...bytes.keys()]
			.filter((at) => bytes[at] !== before[at])
			.map((at) => ({ name, at, isTrailer: at >= bytes.length - trailerBytes }));
	});
}
