import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { progressLine } from "./progress.ts";

function written(isTTY: boolean): string {
	const output = Object.assign(new PassThrough(), { isTTY });
	const progress = progressLine(output);
	progress.show("load 1");
	progress.show("load 2");
	progress.done();
	return String(output.read());
}

test("replaces its line on a terminal, and ends it, so that a warning in between begins one of its own", () => {
	expect(written(true)).toBe("\x1b[2Kload 1\n\x1b[1A\x1b[2Kload 2\n");
});

test("writes the last line only where the output is no terminal", () => {
	expect(written(false)).toBe("load 2\n");
});
