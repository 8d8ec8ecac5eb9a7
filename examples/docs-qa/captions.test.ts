import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { captionTitle } from "./captions.ts";

function written(isTTY: boolean): string {
	const output = Object.assign(new PassThrough(), { isTTY });
	const title = captionTitle(output);
	title.show("two\u0007 words \n");
	title.clear();
	return String(output.read() ?? "");
}

test("puts what is said into the title of a terminal, without what could end the title", () => {
	expect(written(true)).toBe("\u001b]0;docs-qa: two  words\u0007\u001b]0;\u0007");
});

test("writes nothing where there is no terminal", () => {
	expect(written(false)).toBe("");
});
