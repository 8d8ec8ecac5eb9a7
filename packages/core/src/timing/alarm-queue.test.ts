import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { telemetryFailures } from "../index.ts";
import { manualClock } from "../testing/index.ts";
import { AlarmQueue, Due, readMonotonic } from "./alarm-queue.ts";

class Item extends Due {
	readonly #due: () => void;

	constructor(due: () => void) {
		super();
		this.#due = due;
	}

	due(): void {
		this.#due();
	}
}

function setUp() {
	const clock = manualClock();
	const queue = new AlarmQueue(clock);
	const fired: [string, number][] = [];
	const startMs = clock.monotonicMs();
	const add = (name: string, afterMs: number) => {
		const item = new Item(() => fired.push([name, clock.monotonicMs() - startMs]));
		queue.add(item, afterMs, clock.monotonicMs());
		return item;
	};
	return { clock, queue, fired, add };
}

describe("an alarm queue", () => {
	it("fires each at its time, with one timer among them", async () => {
		const { clock, fired, add } = setUp();
		add("a", 100);
		await clock.advance(10);
		add("b", 100);
		add("c", 100);
		expect(clock.pendingSleeps).toBe(1);
		await clock.advance(500);
		expect(fired).toEqual([
			["a", 100],
			["b", 110],
			["c", 110],
		]);
		expect(clock.pendingSleeps).toBe(0);
	});

	it("takes one that is due before others", async () => {
		const { clock, fired, add } = setUp();
		add("late", 100);
		add("middle", 50);
		add("soon", 10);
		add("middle too", 50);
		await clock.advance(100);
		expect(fired).toEqual([
			["soon", 10],
			["middle", 50],
			["middle too", 50],
			["late", 100],
		]);
	});

	it("forgets what is removed, twice as well as once", async () => {
		const { clock, queue, fired, add } = setUp();
		const items = ["a", "b", "c"].map((name) => add(name, 100));
		for (const index of [1, 1, 0]) queue.remove(items[index] as Item);
		expect(queue.isEmpty).toBe(false);
		await clock.advance(100);
		expect(fired).toEqual([["c", 100]]);
		expect(queue.isEmpty).toBe(true);
		expect([items[0]?.next, items[0]?.previous]).toEqual([undefined, undefined]);
	});

	it("fires the others where one throws, or adds another", async () => {
		const { clock, queue, fired, add } = setUp();
		const before = telemetryFailures().get("alarm") ?? 0;
		queue.add(
			new Item(() => {
				add("added", 100);
				throw new Error("boom");
			}),
			100,
			clock.monotonicMs(),
		);
		add("other", 100);
		await clock.advance(1_000);
		expect(fired).toEqual([
			["other", 100],
			["added", 200],
		]);
		expect(telemetryFailures().get("alarm")).toBe(before + 1);
	});

	it("goes by the machine's time where the clock's own fails", () => {
		const broken = {
			...manualClock(),
			monotonicMs() {
				throw new Error("boom");
			},
		};
		expect(readMonotonic(broken)).toBeLessThanOrEqual(performance.now());
	});
});

describe("a process", () => {
	const run = async (code: string) => {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			["--conditions=@footlight/source", "--input-type=module", "-e", code],
			{ cwd: join(import.meta.dirname, ".."), timeout: 20_000 },
		);
		return stdout.trim();
	};
	const wrapped = (limitMs: number, fn: string) => `
		import { footlight, timeout } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
		const ask = footlight("etl").stage("ask", ${fn}, { use: [timeout({ timeoutMs: ${limitMs} })] });
		const startMs = performance.now();
		process.on("exit", () => console.log(performance.now() - startMs < 5_000 ? "soon" : "late"));
	`;

	it("ends once no call is under way, though the time of the last is not over", async () => {
		expect(await run(`${wrapped(15_000, "async () => 1")} for (let n = 0; n < 5; n++) await ask();`)).toBe("soon");
	}, 30_000);

	it("waits for the time of a call that hangs", async () => {
		const code = `${wrapped(150, "() => new Promise(() => {})")} await ask().catch(({ code }) => console.log(code));`;
		expect(await run(code)).toBe("timeout\nsoon");
	}, 30_000);
});
