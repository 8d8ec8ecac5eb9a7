import { expect, test } from "vitest";
import { changes, wentThrough } from "./story.ts";

test("tells each value once for as long as it stayed", () => {
	expect(changes([0, 0, 2, 2, 1, 0, 0])).toEqual([0, 2, 1, 0]);
	expect(changes([])).toEqual([]);
});

test.each([
	[[0, 0, 2, 2, 1, 0], true, "the whole course"],
	[[2, 1, 0, 2, 1, 0, 2], true, "the whole course within more"],
	[[0, 2, 1, 2, 1, 0], false, "a course that went back"],
	[[0, 2, 0], false, "a course without its middle"],
	[[2, 1, 0], false, "a course without its beginning"],
	[[0, 2, 1], false, "a course without its end"],
	[[], false, "nothing"],
])("knows of %j that it went through closed, open, half-open, closed: %s, for it is %s", (values, expected) => {
	expect(wentThrough(values, [0, 2, 1, 0])).toBe(expected);
});
