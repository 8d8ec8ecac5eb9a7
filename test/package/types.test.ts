import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { capture, root } from "../../scripts/command.ts";

const strict = {
	target: "es2023",
	strict: true,
	exactOptionalPropertyTypes: true,
	noUncheckedIndexedAccess: true,
	verbatimModuleSyntax: true,
	skipLibCheck: false,
	noEmit: true,
};
const dom = ["dom", "dom.iterable", "dom.asynciterable"];
const nodenext = { module: "nodenext" };
const bundler = { module: "preserve", moduleResolution: "bundler" };

async function check(project: string, file: string, options: object): Promise<string> {
	const config = join(project, `tsconfig.${file}.json`);
	await writeFile(config, JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }));
	return (await capture(join(root, "node_modules/.bin/tsc"), ["--project", config], { cwd: project })).stdout;
}

test.each([
	["nodenext", nodenext],
	["bundler", bundler],
])("types hold on a server, declarations of all packages included, resolved by %s", async (_name, resolution) => {
	const lib = ["es2024", "esnext.disposable"];
	expect(await check(inject("whole"), "node.ts", { ...resolution, lib, types: ["node"] })).toBe("");
});

test.each([
	["nodenext", nodenext],
	["bundler", bundler],
])("core's types hold in a page, without Node's, resolved by %s", async (_name, resolution) => {
	const lib = ["es2024", "esnext.disposable", ...dom];
	expect(await check(inject("alone"), "page.ts", { ...resolution, lib, types: [] })).toBe("");
});
