import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** A Markdown file, named by its path below the corpus' directory. */
export interface Document {
	readonly source: string;
	readonly markdown: string;
}

/** Reads the Markdown documentation below a directory, a file at a time: readmes, change logs, guides. */
export async function* loadDocuments(directory: string): AsyncGenerator<Document> {
	const entries = await readdir(directory, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() && isDocumentation(entry.name));
	const paths = files.map((file) => join(file.parentPath, file.name)).sort();
	if (paths.length === 0) throw new Error(`no Markdown documentation found below ${directory}`);
	for (const path of paths) {
		yield { source: relative(directory, path).split(sep).join("/"), markdown: await readFile(path, "utf8") };
	}
}

const licence = /^(licen[cs]e|third-party-licen[cs]es)\b/i;
const translation = /\.[a-z]{2}(-[a-z]{2})?\.md$/i;

function isDocumentation(name: string): boolean {
	return /\.md$/i.test(name) && !licence.test(name) && !translation.test(name);
}
