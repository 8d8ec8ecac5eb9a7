import { expect, test } from "vitest";
import { changes, closedAgain, openedAndClosed } from "./story.ts";

test("tells each value once for as long as it stayed", () => {
	expect(changes([0, 0, 2, 2, 1, 0, 0])).toEqual([0, 2, 1, 0]);
	expect(changes([])).toEqual([]);
});

test.each([
	[[0, 0, 2, 2, 1, 0], true, "the whole course"],
	[[2, 1, 0, 2, 1, 0, 2], true, "the whole course within more"],
	[[0, 2, 1, 2, 2, 1, 0], true, "a course in which a probe failed"],
	[[0, 2, 1, 2, 0], false, "a course that left out its last half-open"],
	[[0, 1, 0, 2], false, "another course"],
	[[10, 2, 1, 0], false, "a course that began in another state"],
	[[0, 2, 0], false, "a course without its middle"],
	[[2, 1, 0], false, "a course without its beginning"],
	[[0, 2, 1], false, "a course without its end"],
	[[], false, "nothing"],
])("knows of %j that it opened, was tried and closed again: %s, for it is %s", (values, expected) => {
	expect(closedAgain(values, { closed: 0, open: 2, halfOpen: 1 })).toBe(expected);
});

test.each([
	[[0, 0, 2, 0], true, "closed, open, closed"],
	[[1, 0, 2, 1, 2, 0], true, "probed on the way"],
	[[0, 1, 0], false, "never open"],
	[[0, 0], false, "closed all the time"],
	[[2, 0], false, "not closed before"],
	[[0, 2, 1], false, "not closed after"],
	[[0, 2, 3, 0], false, "in a state of another kind between"],
	[[], false, "nothing"],
])("knows of %j that it opened and closed: %s, for it is %s", (values, expected) => {
	expect(openedAndClosed(values, { closed: 0, open: 2, halfOpen: 1 })).toBe(expected);
});
