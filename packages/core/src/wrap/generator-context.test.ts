import { describe, expect, test } from "vitest";
import {
	callKey,
	footlight,
	hedge,
	layer,
	type Middleware,
	retry,
	streamingTelemetry,
	streamQueue,
	timeout,
} from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";
import { manualClock } from "../testing/index.ts";

registerSdk();
const attemptKey = callKey("attempt", 0);
const abort = new AbortController();
const again = retry({ retryIf: () => true, initialDelayMs: 0, jitter: "none" });

/** Hands another call inwards than it was given. */
const changing: Middleware = layer({ name: "changing" }, (next) => (call) => {
	return next({ ...call, signal: abort.signal, values: call.values.set(attemptKey, call.attempt) });
});

describe.each([
	["with spans", {}],
	["without telemetry", { use: [] }],
])("what a generator is told of its call in each of its steps, %s", (_, options) => {
	const light = footlight("steps", options);
	const look = () => [light.current().signal === abort.signal, light.current().value(attemptKey)];
	const first = [true, 1];

	test("is what the call that reached it says: in a sync generator", () => {
		const seen: unknown[] = [];
		const count = light.stage(
			"count",
			function* () {
				try {
					for (let item = 0; item < 9; item++) {
						seen.push(look());
						try {
							yield item;
						} catch {
							seen.push(look());
						}
					}
				} finally {
					seen.push(look());
				}
			},
			{ use: [changing] },
		);
		const counting = count();
		expect([counting.next().value, counting.next().value]).toEqual([0, 1]);
		expect(counting.throw(new Error("on")).value).toBe(2);
		expect(counting.return(undefined)).toEqual({ done: true, value: undefined });
		expect(seen).toEqual([first, first, first, first, first]);
	});

	test("and in an async one, whoever reads it", async () => {
		const seen: unknown[] = [];
		const count = light.stage(
			"count",
			async function* () {
				try {
					for (let item = 0; item < 9; item++) {
						seen.push(look());
						await null;
						seen.push(look());
						try {
							yield item;
						} catch {
							seen.push(look());
						}
					}
				} finally {
					await null;
					seen.push(look());
				}
			},
			{ use: [changing] },
		);
		const counting = count();
		const read = light.stage("read", async () => (await counting.next()).value);
		expect([await read(), await read()]).toEqual([0, 1]);
		expect((await counting.throw(new Error("on"))).value).toBe(2);
		await counting.return(undefined);
		expect(seen).toEqual(Array(8).fill(first));
	});

	test("also where a function that is none gives it", () => {
		const seen: unknown[] = [];
		function* counting() {
			for (const item of [0, 1]) {
				seen.push(look());
				yield item;
			}
		}
		expect([...light.stage("count", () => counting(), { use: [changing] })()]).toEqual([0, 1]);
		expect(seen).toEqual([first, first]);
	});

	test("is of its own attempt where it is tried again", async () => {
		const seen: unknown[] = [];
		let calls = 0;
		const count = light.stage(
			"count",
			async function* () {
				if (++calls < 3) throw new Error("busy");
				for (const item of [0, 1, 2]) {
					seen.push(look());
					yield item;
				}
			},
			{ use: [again, changing] },
		);
		expect(await Array.fromAsync(count())).toEqual([0, 1, 2]);
		expect(seen).toEqual(Array(3).fill([true, 3]));
	});

	test("is when to give up, from a time limit around it", async () => {
		const clock = manualClock();
		const timed = footlight("timed", { ...options, clock });
		const signals = new Set<AbortSignal>();
		let reason: unknown;
		const count = timed.stage(
			"count",
			async function* () {
				for (const item of [0, 1]) {
					signals.add(timed.current().signal);
					yield item;
				}
				const { signal } = timed.current();
				signals.add(signal);
				await clock.sleep(1_000, signal).catch(() => {
					reason = signal.reason;
				});
			},
			{ use: [timeout({ idleMs: 20 })] },
		);
		const counting = count();
		expect([(await counting.next()).value, (await counting.next()).value]).toEqual([0, 1]);
		const late = expect(counting.next()).rejects.toThrow("[timeout] count gave no further item within 20 ms");
		await clock.advance(20);
		await late;
		expect(signals.size).toBe(1);
		expect(reason).toMatchObject({ name: "TimeoutError", timeoutMs: 20 });
	});

	test("is of its own attempt in a hedge", async () => {
		const seen: unknown[] = [];
		let given: AbortSignal | undefined;
		const noting: Middleware = (next) => (call) => {
			given = call.signal;
			return next(call);
		};
		const count = light.stage(
			"count",
			async function* () {
				for (const item of [0, 1]) {
					seen.push(light.current().signal === given);
					yield item;
				}
			},
			{ use: [hedge({ delayMs: 1_000 }), noting] },
		);
		expect(await Array.fromAsync(count())).toEqual([0, 1]);
		expect(seen).toEqual([true, true]);
	});

	test("is the queue of its own attempt", async () => {
		const queues: unknown[][] = [];
		const count = light.stage(
			"count",
			async function* () {
				const own: unknown[] = [];
				queues.push(own);
				for (const item of [0, 1]) {
					own.push(light.current().value(streamQueue()));
					if (queues.length < 2) throw new Error("busy");
					yield item;
				}
			},
			{ use: [streamingTelemetry(), again] },
		);
		expect(await Array.fromAsync(count())).toEqual([0, 1]);
		const [failed, [before, after] = []] = queues;
		expect(before).toBe(after);
		expect(failed).not.toContain(after);
	});
});
