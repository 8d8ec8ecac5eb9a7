import { afterAll, describe, expect, test, vi } from "vitest";
import type { Batch } from "../batch.ts";
import { BufferedExporter } from "../buffered-exporter.ts";
import type { BufferedExporterOptions } from "../options.ts";
import { type FileSpoolOptions, fileSpool } from "./file-spool.ts";
import { bytesOf, filesOf, TestFolders } from "./spool.fixture.ts";
import { SpoolError } from "./spool-error.ts";

const folders = new TestFolders();
afterAll(() => folders[Symbol.dispose]());

interface Event {
	readonly id: number;
	readonly user?: string;
}

type Made = Partial<BufferedExporterOptions<Event>> & { readonly files: FileSpoolOptions<Event> };

/** An exporter whose sink confirms nothing until it is opened. */
function set({ files, ...options }: Made) {
	const batches: Batch<Event>[] = [];
	const gate = { isOpen: false, waiting: [] as (() => void)[] };
	const exporter = new BufferedExporter<Event>({
		name: "audit",
		maxDelayMs: 1,
		sink: {
			async write(batch) {
				if (!gate.isOpen) await new Promise<void>((resolve) => gate.waiting.push(resolve));
				batches.push(batch);
			},
		},
		...options,
		spool: fileSpool(files),
	});
	const open = () => {
		gate.isOpen = true;
		for (const go of gate.waiting) go();
	};
	const ids = () => batches.flatMap(({ items }) => items.map(({ id }) => id));
	return { exporter, batches, open, ids };
}

const events = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ id: from + index }));
const idsOf = (given: readonly Event[]) => given.map(({ id }) => id);
const emitAll = (exporter: BufferedExporter<Event>, given: readonly Event[]) =>
	Promise.all(given.map((event) => exporter.emit(event)));

describe("a BufferedExporter with a fileSpool", () => {
	test("delivers from memory what it has written, in order, and leaves no file", async () => {
		const directory = folders.make();
		const { exporter, open, ids } = set({ files: { directory } });
		open();
		const given = events(0, 2_000);
		await emitAll(exporter, given);
		expect(await exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(ids()).toEqual(idsOf(given));
		expect(filesOf(directory, ".log")).toEqual([]);
	});

	test("has an item on disk when its emit resolves, and nothing delivered before that", async () => {
		const directory = folders.make();
		const { exporter, open } = set({ files: { directory } });
		await exporter.emit({ id: 1 });
		const image = folders.imageOf(directory);
		const after = set({ files: { directory: image } });
		after.open();
		await after.exporter.close();
		expect(after.ids()).toEqual([1]);
		open();
		await exporter.close();
	});

	test("delivers after a crash what was not confirmed, with the keys it had, in order", async () => {
		const directory = folders.make();
		const { exporter, batches, open } = set({ files: { directory }, batchSize: 10 });
		await emitAll(exporter, events(0, 100));
		const image = folders.imageOf(directory);
		open();
		await exporter.close();
		const after = set({ files: { directory: image }, batchSize: 7 });
		after.open();
		await emitAll(after.exporter, events(100, 110));
		await after.exporter.close();
		expect(after.ids()).toEqual(idsOf(events(0, 110)));
		const keys = after.batches.flatMap((batch) => batch.keys);
		expect(keys.slice(0, 100)).toEqual(batches.flatMap((batch) => batch.keys));
		expect(new Set(keys).size).toBe(110);
	});

	test("takes far more than memory holds, and reads it from disk in order", async () => {
		const directory = folders.make();
		const { exporter, open, ids } = set({ files: { directory, segmentBytes: 4_096, maxBytes: 2 ** 20 }, maxItems: 50 });
		const given = events(0, 3_000);
		for (let from = 0; from < given.length; from += 100) {
			await emitAll(exporter, given.slice(from, from + 100));
			expect(exporter.snapshot().size).toBeLessThanOrEqual(50);
		}
		expect(exporter.snapshot().left).toBe(3_000);
		open();
		expect(await exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(ids()).toEqual(idsOf(given));
	});

	test("stays within its bytes of memory when it reads from disk", async () => {
		const { exporter, open, ids } = set({
			files: { directory: folders.make() },
			...{ maxBytes: 1_000, batchBytes: 500, sizeOf: () => 90 },
		});
		const given = events(0, 200);
		await emitAll(exporter, given);
		let most = 0;
		const watch = setInterval(() => {
			most = Math.max(most, exporter.snapshot().bytes);
		});
		open();
		await exporter.close();
		clearInterval(watch);
		expect(ids()).toEqual(idsOf(given));
		expect(most).toBeLessThanOrEqual(1_000);
	});

	test("keeps the items of each order key in order over several lanes, priorities and restarts", async () => {
		const directory = folders.make();
		const options = {
			concurrency: 4,
			batchSize: 5,
			maxItems: 40,
			orderKeyOf: ({ user }: Event) => user,
			priorityOf: ({ id }: Event) => (["low", "normal", "high", "critical"] as const)[id % 4],
		};
		const given = events(0, 600).map(({ id }) => ({ id, user: `user-${(id * 7) % 5}` }));
		const first = set({ files: { directory, segmentBytes: 1_024, maxBytes: 2 ** 20 }, ...options });
		await emitAll(first.exporter, given.slice(0, 300));
		const image = folders.imageOf(directory);
		first.open();
		await first.exporter.close();
		const second = set({ files: { directory: image }, ...options });
		second.open();
		await emitAll(second.exporter, given.slice(300));
		await second.exporter.close();
		expect(second.ids().toSorted((one, other) => one - other)).toEqual(idsOf(given));
		for (const user of new Set(given.map((event) => event.user))) {
			const items = second.batches.flatMap((batch) => batch.items.filter((item) => item.user === user));
			expect(idsOf(items)).toEqual(idsOf(given.filter((event) => event.user === user)));
		}
	});

	test("sheds what is worth least when its disk space is used up, and counts each item once", async () => {
		const directory = folders.make();
		const { exporter, open, ids } = set({
			files: { directory, segmentBytes: 1_024, maxBytes: 8_192 },
			...{ maxItems: 10, priorityOf: ({ user }: Event) => (user === "auditor" ? "critical" : "low") },
		});
		let refused = 0;
		const audit: number[] = [];
		for (let id = 0; id < 1_000; id++) {
			const event = id % 20 === 0 ? { id, user: "auditor" } : { id };
			if (id % 20 === 0) audit.push(id);
			await exporter.emit(event).catch(() => {
				refused++;
			});
			expect(bytesOf(directory, ".log")).toBeLessThanOrEqual(8_192);
		}
		open();
		await exporter.close();
		const { delivered, lost, accepted, left } = exporter.snapshot();
		expect(left).toBe(0);
		expect(delivered + (lost.queue_full ?? 0)).toBe(1_000);
		expect(accepted).toBe(1_000 - refused);
		expect(ids().length).toBe(delivered);
		expect(ids().filter((id) => id % 20 === 0)).toEqual(audit);
		expect(lost.queue_full).toBeGreaterThan(100);
	});

	test("writes and reads items as it is told to", async () => {
		const directory = folders.make();
		const files: FileSpoolOptions<Event> = {
			directory,
			encode: ({ id }) => Uint8Array.of(id),
			decode: (bytes) => ({ id: bytes[0] as number }),
		};
		const first = set({ files });
		await emitAll(first.exporter, events(3, 6));
		const image = folders.imageOf(directory);
		first.open();
		await first.exporter.close();
		const second = set({ files: { ...files, directory: image } });
		second.open();
		await second.exporter.close();
		expect(second.batches.flatMap(({ items }) => items)).toEqual(events(3, 6));
	});

	test("refuses an item that cannot be written, and counts one that cannot be read", async () => {
		vi.spyOn(process, "emitWarning").mockReturnValue();
		const directory = folders.make();
		const first = set({ files: { directory } });
		await expect(first.exporter.emit({ id: 1n as never })).rejects.toMatchObject({ reason: "not_serializable" });
		await expect(first.exporter.emit(undefined as never)).rejects.toMatchObject({ reason: "not_serializable" });
		await emitAll(first.exporter, events(0, 4));
		const image = folders.imageOf(directory);
		first.open();
		await first.exporter.close();
		expect(first.exporter.snapshot().lost).toEqual({ not_serializable: 2 });
		const decode = (bytes: Buffer) => {
			const event = JSON.parse(bytes.toString()) as Event;
			if (event.id === 2) throw new Error("of an older version");
			return event;
		};
		const second = set({ files: { directory: image, decode } });
		second.open();
		expect(await second.exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect([second.ids(), second.exporter.snapshot().lost]).toEqual([[0, 1, 3], { corrupt: 1 }]);
		expect(filesOf(image, ".log")).toEqual([]);
	});

	test("refuses an item that is written by an async function, and counts one that is read by one", async () => {
		vi.spyOn(process, "emitWarning").mockReturnValue();
		const unheard = vi.fn();
		process.on("unhandledRejection", unheard);
		const directory = folders.make();
		const failing = async () => {
			throw new Error("later");
		};
		const first = set({ files: { directory, encode: failing as never } });
		await expect(first.exporter.emit({ id: 1 })).rejects.toMatchObject({ reason: "not_serializable" });
		await first.exporter.close();
		const second = set({ files: { directory } });
		await emitAll(second.exporter, events(0, 2));
		const image = folders.imageOf(directory);
		second.open();
		await second.exporter.close();
		const third = set({ files: { directory: image, decode: failing as never } });
		third.open();
		expect(await third.exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect([third.ids(), third.exporter.snapshot().lost]).toEqual([[], { corrupt: 2 }]);
		await new Promise(setImmediate);
		expect(unheard.mock.calls).toEqual([]);
		process.off("unhandledRejection", unheard);
	});

	test("leaves to the next process what a close could not deliver in time", async () => {
		const directory = folders.make();
		const first = set({ files: { directory } });
		await emitAll(first.exporter, events(0, 20));
		expect(await first.exporter.close({ timeoutMs: 50 })).toEqual({ isComplete: false, left: 20 });
		expect(first.exporter.snapshot().lost).toEqual({});
		const second = set({ files: { directory } });
		second.open();
		expect(await second.exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(second.ids()).toEqual(idsOf(events(0, 20)));
	});

	test.each([0, 100])("tells what a close of %i ms has kept, and what it could not write", async (timeoutMs) => {
		const directory = folders.make();
		const { exporter } = set({ files: { directory } });
		for (let id = 0; id < 50_000; id++) exporter.tryEmit({ id, user: "x".repeat(200) });
		const { isComplete, left, unwritten = 0 } = await exporter.close({ timeoutMs });
		const image = folders.imageOf(directory);
		expect([isComplete, left + unwritten]).toEqual([false, 50_000]);
		expect(exporter.snapshot()).toMatchObject({ accepted: 50_000, delivered: 0, left });
		expect(exporter.snapshot().lost).toEqual(unwritten > 0 ? { shutdown: unwritten } : {});
		const kept = set({ files: { directory: image } });
		expect(kept.exporter.snapshot().left).toBeGreaterThanOrEqual(left);
		await kept.exporter.close({ timeoutMs: 0 });
	});

	test("lets go of its folder when it is closed, however little time there is", async () => {
		const directory = folders.make();
		const first = set({ files: { directory } });
		await emitAll(first.exporter, events(0, 20));
		expect(await first.exporter.close({ timeoutMs: 0 })).toEqual({ isComplete: false, left: 20 });
		const second = set({ files: { directory } });
		second.open();
		expect(await second.exporter.close()).toEqual({ isComplete: true, left: 0 });
		expect(second.ids()).toEqual(idsOf(events(0, 20)));
	});

	test("throws where another has the folder, as it is made", async () => {
		const directory = folders.make();
		const { exporter, open } = set({ files: { directory } });
		open();
		expect(() => set({ files: { directory } })).toThrow(SpoolError);
		await exporter.close();
	});

	test.each([
		[{ directory: "a", folder: "b" }, /^TypeError: fileSpool: unknown option "folder"; known options are directory/],
		[{ directory: 1 }, /^TypeError: fileSpool: directory must be a string, got 1/],
		[{ directory: "a", encode: "json" }, /^TypeError: fileSpool: encode must be a function, got "json"/],
		[undefined, /^TypeError: fileSpool: options must be an object, got undefined/],
	])("refuses %o", (options, message) => {
		let error: unknown;
		try {
			fileSpool(options as never);
		} catch (thrown) {
			error = thrown;
		}
		expect(String(error)).toMatch(message);
	});
});
