import { lexer, type MarkedToken, type Token } from "marked";
import type { Document } from "./corpus.ts";

/** A piece of a document that is small enough to be shown to a model. */
export interface Chunk {
	readonly id: number;
	readonly source: string;
	/** The headings above the text, outermost first. */
	readonly heading: string;
	readonly text: string;
}

const maxChunkCharacters = 1_200;

/** Splits documents at their headings, and long sections between two paragraphs; a repeated document counts once. */
export function chunkDocuments(documents: readonly Document[]): Chunk[] {
	const chunks = distinct(documents).flatMap(chunkDocument);
	return chunks.map((chunk, id) => ({ id, ...chunk }));
}

/** The same package is often installed more than once; the readme with the shortest path is kept. */
function distinct(documents: readonly Document[]): Document[] {
	const kept = new Map<string, Document>();
	for (const document of documents) {
		const other = kept.get(document.markdown);
		if (!other || document.source.length < other.source.length) kept.set(document.markdown, document);
	}
	return [...kept.values()];
}

function chunkDocument({ source, markdown }: Document): Omit<Chunk, "id">[] {
	const chunks: Omit<Chunk, "id">[] = [];
	const headings: string[] = [];
	let blocks: string[] = [];

	const flush = () => {
		if (blocks.length > 0)
			chunks.push({ source, heading: headings.filter(Boolean).join(" > "), text: blocks.join("\n\n") });
		blocks = [];
	};

	for (const token of lexer(markdown) as MarkedToken[]) {
		const text = plainText(token).trim();
		if (token.type === "heading") {
			flush();
			headings.length = token.depth - 1; // a heading ends those at its own depth and below
			headings[token.depth - 1] = text;
		} else if (text !== "") {
			if (lengthOf(blocks) + text.length > maxChunkCharacters) flush();
			blocks.push(text.slice(0, maxChunkCharacters));
		}
	}
	flush();
	return chunks;
}

function lengthOf(blocks: readonly string[]): number {
	return blocks.reduce((total, block) => total + block.length, 0);
}

/** What a reader sees of a token: text without markup, code in its fence; no images, badges or HTML. */
function plainText(anyToken: Token): string {
	const token = anyToken as MarkedToken;
	switch (token.type) {
		case "code":
			return `\`\`\`\n${token.text}\n\`\`\``;
		case "list":
			return token.items.map((item) => `- ${plainText(item).trim()}`).join("\n");
		case "table":
			return [token.header, ...token.rows].map((cells) => cells.map(joined).join(" | ")).join("\n");
		case "image":
		case "html":
		case "def":
		case "hr":
		case "space":
		case "checkbox":
			return "";
		case "br":
			return "\n";
		default:
			return "tokens" in token && token.tokens ? joined({ tokens: token.tokens }) : token.text;
	}
}

function joined({ tokens }: { readonly tokens: readonly Token[] }): string {
	return tokens.map(plainText).join("");
}
