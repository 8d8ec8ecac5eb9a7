import { expect, test } from "vitest";
import { limit } from "./limit.ts";

test("no more jobs run at a time than may, each runs, and one that fails gives its place on", async () => {
	const inTurn = limit(2);
	let running = 0;
	let most = 0;
	const job = (number: number) =>
		inTurn(async () => {
			most = Math.max(most, ++running);
			await Promise.resolve();
			running--;
			if (number === 1) throw new Error("no");
			return number;
		});
	const done = await Promise.allSettled([0, 1, 2, 3, 4].map(job));
	expect(done.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
	expect(most).toBe(2);
});
