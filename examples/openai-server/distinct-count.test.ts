import { expect, test } from "vitest";
import { distinctCount } from "./distinct-count.ts";

test("counts each id once, and forgets the oldest", () => {
	const count = distinctCount(2);
	const counts = ["a", "b", "a", "c", "b", "a"].map((id) => {
		count.add(id);
		return count.read();
	});
	expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
});
