import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { Turn } from "./turn.ts";

function* endless() {
	for (let item = 0; ; item++) yield item;
}

async function* endlessLater() {
	for (let item = 0; ; item++) yield item;
}

/** No `return` to end it by. */
const endlessList = () => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) });

const pipeline = () => footlight("docs-qa").pipeline({ cancelGraceMs: 0 });
const work = (item: number) => item;

const endlessRuns = [
	["a stream whose items come at once", pipeline().stage("a", endless)],
	["an async stream that never waits", pipeline().stage("a", endlessLater)],
	["a map of items that come at once", pipeline().map("a", endless, work)],
	["a map of items that cannot be ended", pipeline().map("a", endlessList, work)],
	["a map of an async stream that never waits", pipeline().map("a", endlessLater, work)],
] as const;

describe.each(endlessRuns)("%s", (_, built) => {
	it("ends at the deadline", async () => {
		expect(await built.run(undefined, { timeoutMs: 30 })).toMatchObject({ outcome: "timeout" });
	});

	it("lets a signal through", async () => {
		const controller = new AbortController();
		setTimeout(() => controller.abort(), 30);
		expect(await built.run(undefined, { signal: controller.signal })).toMatchObject({ outcome: "cancelled" });
	});
});

describe.each(endlessRuns.slice(0, 2))("%s, read item by item", (_, built) => {
	const loop = async (options: object) => {
		for await (const _ of built.stream(undefined, options));
	};

	it("ends at the deadline", async () => {
		await expect(loop({ timeoutMs: 30 })).rejects.toThrow("did not settle within 30 ms");
	});

	it("lets a signal through", async () => {
		const controller = new AbortController();
		const reason = new Error("enough");
		setTimeout(() => controller.abort(reason), 30);
		await expect(loop({ signal: controller.signal })).rejects.toBe(reason);
	});
});

it("a long stream is collected in few turns, a short one in none but its own", () => {
	const turn = new Turn(1_000);
	const pauses = Array.from({ length: 10_000 }, () => turn.pause()).filter((pause) => pause !== undefined);
	expect(pauses.length).toBeGreaterThanOrEqual(9);
	expect(pauses.length).toBeLessThanOrEqual(10);
	const short = new Turn();
	for (let item = 0; item < 10; item++) expect(short.pause()).toBeUndefined();
});
