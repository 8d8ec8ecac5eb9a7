import { expect, test } from "vitest";
import { chunkDocuments } from "./chunk.ts";

const chunksOf = (markdown: string) => chunkDocuments([{ source: "a.md", markdown }]);

test("splits at headings and keeps the path of headings above each text", () => {
	const chunks = chunksOf("intro\n\n# One\n\nfirst\n\n## Inner\n\nsecond\n\n# Two\n\nthird\n");
	expect(chunks).toEqual([
		{ id: 0, source: "a.md", heading: "", text: "intro" },
		{ id: 1, source: "a.md", heading: "One", text: "first" },
		{ id: 2, source: "a.md", heading: "One > Inner", text: "second" },
		{ id: 3, source: "a.md", heading: "Two", text: "third" },
	]);
});

test("copes with headings that leave levels out", () => {
	expect(chunksOf("### Deep\n\ntext\n\n# Top\n\nmore").map(({ heading }) => heading)).toEqual(["Deep", "Top"]);
});

test("splits a long section between its paragraphs", () => {
	const paragraph = "word ".repeat(120).trim();
	const chunks = chunksOf(`# Long\n\n${[paragraph, paragraph, paragraph].join("\n\n")}`);
	expect(chunks.map(({ text }) => text)).toEqual([`${paragraph}\n\n${paragraph}`, paragraph]);
});

test("bounds a single endless paragraph", () => {
	const chunks = chunksOf("x".repeat(1_000_000));
	expect(chunks.map(({ text }) => text.length)).toEqual([1_200]);
});

test("keeps what a reader sees and drops markup, images and HTML", () => {
	const markdown = [
		"[![badge](b.svg)](https://example.com) Use **bold** `code` and [a link](https://example.com).",
		"<p align=center>html</p>",
		"- one\n- two *with emphasis*",
		"| a | b |\n|---|---|\n| 1 | 2 |",
		"```js\nrun();\n```",
		"> quoted",
	];
	expect(chunksOf(markdown.join("\n\n"))[0]?.text.split("\n\n")).toEqual([
		"Use bold code and a link.",
		"- one\n- two with emphasis",
		"a | b\n1 | 2",
		"```\nrun();\n```",
		"quoted",
	]);
});

test("takes a document that is there twice once, under its shortest name", () => {
	const chunks = chunkDocuments([
		{ source: "a/node_modules/b.md", markdown: "same" },
		{ source: "c.md", markdown: "other" },
		{ source: "b.md", markdown: "same" },
	]);
	expect(chunks.map(({ source }) => source)).toEqual(["b.md", "c.md"]);
});

test.each(["", "   \n", "# only a heading", "<!-- a comment -->"])(
	"makes nothing of a document without text: %j",
	(markdown) => {
		expect(chunksOf(markdown)).toEqual([]);
	},
);
