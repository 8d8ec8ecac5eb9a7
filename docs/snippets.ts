import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One example of the documentation, as the module it runs as. */
export interface Snippet {
	/** File and line, as an editor opens it. */
	readonly where: string;
	readonly file: string;
	readonly line: number;
	/** The module: every line stands on the line it has in its file, so that a compiler's message points at the page. */
	readonly code: string;
	/** Why it is type-checked only; undefined for the rule, which is that it runs. */
	readonly noRun: string | undefined;
	/** What it writes to stdout, where a `text prints` block below it says so. */
	readonly prints: string | undefined;
}

interface Fence {
	readonly language: string;
	readonly marker: string;
	/** Of the first line of code. */
	readonly line: number;
	readonly lines: readonly string[];
}

const written = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/**/*.md", "packages/*/README.md"];
const sources = "packages/*/src/**/*.ts";

/** Finds every example: the `ts` blocks of the pages, and each `@example` of the packages' docstrings. */
export function findSnippets(root: string): Snippet[] {
	const pages = globSync(written, { cwd: root }).sort();
	const modules = globSync(sources, { cwd: root, exclude: (name) => /\.(test|fixture|tmp)\.ts$/.test(name) }).sort();
	const read = (file: string) => readFileSync(join(root, file), "utf8");
	return [
		...pages.flatMap((file) => snippetsOfPage(file, read(file))),
		...modules.flatMap((file) => snippetsOfModule(file, read(file))),
	].map((snippet) => ({ ...snippet, file: relative(root, join(root, snippet.file)) }));
}

/** The `ts` blocks of a page; one marked `continues` goes on in the module of the one before it. */
export function snippetsOfPage(file: string, text: string): Snippet[] {
	const snippets: Snippet[] = [];
	for (const fence of fencesOf(text)) {
		const before = snippets.at(-1);
		if (fence.language === "text" && fence.marker === "prints") {
			if (before === undefined) throw new Error(`${file}:${fence.line}: "text prints" must stand below a ts block`);
			snippets[snippets.length - 1] = { ...before, prints: `${fence.lines.join("\n")}\n` };
		}
		if (fence.language !== "ts") continue;
		const code = atLine(fence.line, asserted(`${file}`, fence.line, fence.lines));
		if (fence.marker === "continues") {
			if (before === undefined) throw new Error(`${file}:${fence.line}: "continues" must stand below a ts block`);
			const gap = fence.line - 1 - before.code.split("\n").length;
			snippets[snippets.length - 1] = { ...before, code: `${before.code}${"\n".repeat(gap)}\n${code.trimStart()}` };
			continue;
		}
		const noRun = /^no-run\b\s*(.*)$/.exec(fence.marker)?.[1];
		if (fence.marker !== "" && noRun === undefined)
			throw new Error(`${file}:${fence.line}: unknown marker "${fence.marker}"`);
		snippets.push({ where: `${file}:${fence.line}`, file, line: fence.line, code, noRun, prints: undefined });
	}
	return snippets;
}

/** Languages of the blocks of a page, to see that none slips past under another name. */
export function languagesOf(text: string): string[] {
	return fencesOf(text).map(({ language }) => language);
}

function fencesOf(text: string): Fence[] {
	const fences: Fence[] = [];
	let open: { language: string; marker: string; indent: string; line: number; lines: string[] } | undefined;
	for (const [index, line] of text.split("\n").entries()) {
		const [, indent = "", language = "", marker = ""] = /^(\s*)```(\w*)\s*(.*)$/.exec(line) ?? [];
		if (open !== undefined && line.trim() === "```") {
			fences.push(open);
			open = undefined;
		} else if (open !== undefined) open.lines.push(line.slice(open.indent.length));
		else if (line.trimStart().startsWith("```")) {
			open = { language, marker: marker.trim(), indent, line: index + 2, lines: [] };
		}
	}
	return fences;
}

const nextTag = /^@(example|throws|param|returns|see|default|internal|deprecated|remarks|typeParam)\b/;

/** The examples of a module's docstrings. */
export function snippetsOfModule(file: string, text: string): Snippet[] {
	const snippets: Snippet[] = [];
	let open: { line: number; lines: string[] } | undefined;
	let inDocstring = false;
	const close = () => {
		if (open === undefined) return;
		const code = atLine(open.line, asserted(file, open.line, open.lines));
		snippets.push({ where: `${file}:${open.line}`, file, line: open.line, code, noRun: undefined, prints: undefined });
		open = undefined;
	};
	for (const [index, line] of text.split("\n").entries()) {
		if (/^\s*\/\*\*/.test(line)) inDocstring = true;
		if (!inDocstring) continue;
		const ends = line.includes("*/");
		const content = line.replace(/^\s*(\/\*\*|\*(?!\/))? ?/, "").replace(/\s*\*\/.*$/, "");
		const tag = nextTag.exec(content);
		if (tag !== null) close();
		if (tag?.[1] === "example") open = { line: index + 1, lines: [content.slice("@example".length).trimStart()] };
		else open?.lines.push(content);
		if (ends) {
			close();
			inDocstring = false;
		}
	}
	return snippets;
}

function atLine(line: number, lines: readonly string[]): string {
	return "\n".repeat(line - 1) + lines.join("\n");
}

/** Turns `expression; // => value` and `statement; // throws Error: message` into assertions, each on its own line. */
function asserted(file: string, firstLine: number, lines: readonly string[]): string[] {
	return lines.map((line, index) => {
		const where = JSON.stringify(`${file}:${firstLine + index}`);
		const [, refused, message] = /^(.*?);?\s*\/\/ throws (.+)$/.exec(line) ?? [];
		if (refused !== undefined) {
			const [call, body] = refused.includes("await ")
				? ["await assertThrows", "async () => {"]
				: ["assertThrows", "() => {"];
			return `${call}(${body} ${refused}; }, ${JSON.stringify(message)}, ${where});`;
		}
		const [, code, value] = /^(.*?);?\s*\/\/ => (.+)$/.exec(line) ?? [];
		if (code === undefined) return line;
		const [, name] = /^\s*(?:const|let|var)\s+([\w$]+)\b.*?=/.exec(code) ?? [];
		if (name !== undefined) return `${code}; assertSame(${name}, (${value}), ${where});`;
		const [, printed] = /^\s*console\.log\((.*)\)$/.exec(code) ?? [];
		const expression = printed ?? code;
		if (!isBalanced(expression))
			throw new Error(`${file}:${firstLine + index}: what "// =>" is about must stand on its line`);
		const checked = `assertSame((${expression.trim()}), (${value}), ${where})`;
		return printed === undefined ? `${checked};` : `console.log(${checked});`;
	});
}

function isBalanced(code: string): boolean {
	let depth = 0;
	for (const character of code.replace(/"(\\.|[^"])*"|`(\\.|[^`])*`/g, "")) {
		if ("([{".includes(character)) depth++;
		if (")]}".includes(character) && --depth < 0) return false;
	}
	return depth === 0;
}
