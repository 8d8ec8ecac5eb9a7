import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Chunk, chunkDocuments } from "./chunk.ts";
import { loadDocuments } from "./corpus.ts";
import { questions } from "./questions.ts";
import { rerank } from "./rerank.ts";
import { buildIndex, type SearchIndex } from "./search-index.ts";

const chunk = (id: number, text: string, heading = ""): Chunk => ({ id, source: `${id}.md`, heading, text });

test("finds other forms of a word and ignores words that say nothing", async () => {
	const index = await buildIndex([chunk(1, "Redacting of keys"), chunk(2, "how to do the other thing")]);
	expect(index.search("how to redact the key", 10).map(({ id }) => id)).toEqual([1]);
});

test("ranks a match in a heading above one in the text, and keeps to the limit", async () => {
	const index = await buildIndex([chunk(1, "about lamps"), chunk(2, "about", "lamps"), chunk(3, "lamps")]);
	expect(index.search("lamps", 2)).toHaveLength(2);
	expect(index.search("lamps", 2)[0]?.id).toBe(2);
});

test("tells how many chunks are indexed, up to all of them", async () => {
	const done: number[] = [];
	await buildIndex(
		Array.from({ length: 600 }, (_, id) => chunk(id, "text")),
		(count) => done.push(count),
	);
	expect(done).toEqual([250, 500, 600]);
});

test.each(["", "???", "how is it"])("finds nothing for %j", async (question) => {
	expect((await buildIndex([chunk(1, "text")])).search(question, 5)).toEqual([]);
});

// The documents that hold the answers, for the versions this workspace pins.
const expectedSources = [
	"pino/docs/redaction.md",
	"pino/README.md",
	"minisearch/README.md",
	"minisearch/README.md",
	"openai/README.md",
	"openai/README.md",
	"openai/README.md",
	"gpt-tokenizer/README.md",
	"@opentelemetry/sdk-node/README.md",
	"@opentelemetry/exporter-trace-otlp-http/README.md",
	"@opentelemetry/context-async-hooks/README.md",
	"tinybench/README.md",
	"pino/docs/redaction.md",
	"fast-check/README.md",
];

let documentation: SearchIndex;
let chunks: readonly Chunk[];
beforeAll(async () => {
	const documents = await Array.fromAsync(loadDocuments(join(import.meta.dirname, "../../node_modules")));
	expect(documents.length).toBeGreaterThan(200);
	chunks = chunkDocuments(documents);
	documentation = await buildIndex(chunks);
});

test.each(questions.map(({ text }, index) => [text, expectedSources[index]]))(
	"finds the document for %j",
	(text, source) => {
		const hits = documentation.search(text, 24).map((hit) => ({ ...hit, text: chunks[hit.id]?.text ?? "" }));
		const best = rerank(text, hits, 4);
		expect(best.map((passage) => passage.source)).toContain(source);
	},
);
