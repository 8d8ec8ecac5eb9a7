import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadDocuments } from "./corpus.ts";

let directory: string;
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), "corpus-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(path: string, text = `# ${path}`): Promise<void> {
	const file = join(directory, path);
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, text);
}

test("reads every Markdown document, nested ones too, in the order of their paths", async () => {
	await write("b/README.md");
	await write("a/docs/guide.MD");
	await write("a/node_modules/c/CHANGELOG.md");
	await write("a/index.js", "code");
	const documents = await Array.fromAsync(loadDocuments(directory));
	expect(documents.map(({ source }) => source)).toEqual([
		"a/docs/guide.MD",
		"a/node_modules/c/CHANGELOG.md",
		"b/README.md",
	]);
	expect(documents[2]?.markdown).toBe("# b/README.md");
});

test("leaves out licences, translations, links and directories with such a name", async () => {
	for (const name of ["LICENSE.md", "license-mit.md", "README.ru.md", "README.zh-CN.md", "x.md/inner.txt", "real.md"]) {
		await write(name);
	}
	await symlink(join(directory, "gone.md"), join(directory, "dangling.md"));
	const documents = await Array.fromAsync(loadDocuments(directory));
	expect(documents.map(({ source }) => source)).toEqual(["real.md"]);
});

test("says where it looked when there is nothing", async () => {
	await expect(Array.fromAsync(loadDocuments(directory))).rejects.toThrow(
		`no Markdown documentation found below ${directory}`,
	);
	await expect(Array.fromAsync(loadDocuments(join(directory, "missing")))).rejects.toThrow("ENOENT");
});
