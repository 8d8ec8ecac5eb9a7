import { manualClock } from "@footlight/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { BufferedExporter, type BufferedExporterOptions } from "../buffered.ts";
import { type Entry, type Fault, FlakyServer } from "./flaky-server.fixture.ts";

const servers: FlakyServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.leave();
});

async function setUp(options: Partial<BufferedExporterOptions<Entry>> = {}) {
	const clock = manualClock();
	const server = new FlakyServer(clock);
	servers.push(server);
	await server.listen();
	const exporter = new BufferedExporter<Entry>({
		...{ name: "audit", sink: server.sink, clock, batchSize: 4, concurrency: 2, orderKeyOf: ({ user }) => user },
		...options,
	});
	let last = 0;
	const emit = (items: number) => {
		for (let more = items; more > 0; more--) exporter.tryEmit({ id: ++last, user: `user-${last % 3}` });
	};
	/** Nothing lost, nothing reordered, and what came twice came with the same key. */
	const expectAllTaken = () => {
		const keys = new Map<number, Set<string>>();
		for (const { id, key } of server.taken) keys.set(id, (keys.get(id) ?? new Set()).add(key));
		expect([...keys.keys()].sort((one, other) => one - other)).toEqual(
			Array.from({ length: last }, (_, index) => index + 1),
		);
		expect([...keys.values()].filter(({ size }) => size > 1)).toEqual([]);
		expect(new Set([...keys.values()].map(([key]) => key)).size).toBe(last);
		for (const user of ["user-0", "user-1", "user-2"]) {
			const firsts = [...new Set(server.taken.filter((one) => one.user === user).map(({ id }) => id))];
			expect(firsts).toEqual([...firsts].sort((one, other) => one - other));
		}
		expect(exporter.snapshot()).toMatchObject({ delivered: last, lost: {}, left: 0, size: 0 });
	};
	return { clock, server, exporter, emit, expectAllTaken };
}

describe("a sink behind HTTP", () => {
	const faults = ["reset", "unavailable", "busy", "no HTTP", "half an answer", "an answer without sense"] as const;

	it.each(faults)("that answers with %s is tried until it takes everything", async (fault) => {
		const { server, exporter, emit, expectAllTaken } = await setUp();
		server.faults.push(...Array<Fault>(9).fill(fault));
		emit(30);
		await server.until(() => exporter.snapshot().left === 0);
		expectAllTaken();
		expect(server.requestsMs.length).toBeGreaterThanOrEqual(8 + 9);
		const isTakenBefore = fault === "half an answer" || fault === "an answer without sense";
		expect(server.taken.length > 30).toBe(isTakenBefore);
	});

	it("that fails in all ways, one after the other, takes everything", async () => {
		const { server, exporter, emit, expectAllTaken } = await setUp();
		server.faults.push(...faults, "hang", ...faults, "hang", ...faults);
		for (let round = 0; round < 10; round++) {
			emit(5);
			await server.until(() => server.requestsMs.length > round);
		}
		await server.until(() => exporter.snapshot().left === 0);
		expectAllTaken();
	});

	it("is not asked again before the time that it asks for", async () => {
		const { server, exporter, emit, expectAllTaken } = await setUp({ concurrency: 1, retry: { maxAttempts: 2 } });
		server.faults.push("busy", "busy", "busy");
		emit(4);
		await server.until(() => exporter.snapshot().left === 0, 10);
		const waitsMs = server.requestsMs.slice(1).map((ms, index) => ms - (server.requestsMs[index] as number));
		expect(waitsMs.length).toBe(3);
		for (const waitMs of waitsMs) {
			expect(waitMs).toBeGreaterThanOrEqual(7_000);
			// A little later than asked, so that not all come back at once.
			expect(waitMs).toBeLessThanOrEqual(7_800);
		}
		expectAllTaken();
	});

	it("that hangs is given up after the time for an attempt, which its connection hears", async () => {
		const { clock, server, exporter, emit, expectAllTaken } = await setUp({ concurrency: 1, timeoutMs: 10_000 });
		server.faults.push("hang");
		emit(4);
		await server.until(() => server.hanging === 1);
		await clock.advance(9_000);
		expect([server.hanging, server.pending]).toEqual([1, 1]);
		await clock.advance(1_000);
		await server.until(() => server.hanging === 0);
		await server.until(() => exporter.snapshot().left === 0);
		const [first = 0, second = 0] = server.requestsMs;
		expect(second - first).toBeGreaterThanOrEqual(10_000);
		expectAllTaken();
	});

	it("that is away for ten minutes gets everything when it is back, in order", async () => {
		const { clock, server, exporter, emit, expectAllTaken } = await setUp();
		emit(6);
		await server.until(() => exporter.snapshot().left === 0);
		await server.leave();
		const backMs = clock.monotonicMs() + 600_000;
		await server.until(() => {
			emit(1);
			return clock.monotonicMs() >= backMs;
		}, 5_000);
		expect(exporter.snapshot().left).toBeGreaterThan(100);
		expect(server.taken).toHaveLength(6);
		await server.listen();
		await server.until(() => exporter.snapshot().left === 0);
		expectAllTaken();
		// The longest pause between two attempts, and no more, has gone by since it came back.
		expect(clock.monotonicMs() - backMs).toBeLessThan(60_000);
	});

	it("that is away has the memory keep its bound at ten times of what fits, and what matters most", async () => {
		const { server, exporter, emit, clock } = await setUp({
			...{ maxItems: 100, batchSize: 10, maxBytes: 10_000, sizeOf: () => 100 },
			priorityOf: ({ id }) => (id % 20 === 0 ? "critical" : id % 3 === 0 ? "low" : "normal"),
		});
		await server.leave();
		for (let round = 0; round < 100; round++) {
			emit(10);
			const { size, bytes } = exporter.snapshot();
			expect([size <= 100, bytes <= 10_000]).toEqual([true, true]);
			await clock.advance(100);
		}
		const { size, lost } = exporter.snapshot();
		expect([size, lost]).toEqual([100, { queue_full: 900 }]);
		await server.listen();
		await server.until(() => exporter.snapshot().left === 0);
		const taken = new Set(server.taken.map(({ id }) => id));
		expect(taken.size).toBe(100);
		for (let id = 20; id <= 1_000; id += 20) expect(taken, `critical ${id}`).toContain(id);
	});

	it("that is dead does not hold up a close beyond its deadline, which says what was left", async () => {
		const { clock, server, exporter, emit } = await setUp();
		server.faults.push("hang", "hang");
		emit(11);
		await server.until(() => server.hanging === 2);
		const startMs = clock.monotonicMs();
		let closedMs = 0;
		const closed = exporter.close({ timeoutMs: 2_000 }).then((result) => {
			closedMs = clock.monotonicMs();
			return result;
		});
		await clock.advance(2_000);
		expect(await closed).toEqual({ isComplete: false, left: 11 });
		expect(closedMs - startMs).toBeLessThanOrEqual(2_000);
		expect(exporter.snapshot().lost).toEqual({ shutdown: 11 });
		// Its connections are let go.
		await server.until(() => server.pending === 0);
		await expect(exporter.emit({ id: 0, user: "late" })).rejects.toThrow(
			"[not_exported] exporter audit did not take an item: it is closed",
		);
	});
});
