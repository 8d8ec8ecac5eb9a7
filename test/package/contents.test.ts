import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, inject, test } from "vitest";
import { capture, root } from "../../scripts/command.ts";

const whole = inject("whole");

describe.each(inject("tarballs"))("the tarball of $name", ({ name, version, path, files, bytes, unpackedBytes }) => {
	const inside = (file: string) => join(whole, "node_modules", name, file);
	const manifest = JSON.parse(readFileSync(inside("package.json"), "utf8"));

	test("holds built files, a README and the licence, and nothing else", () => {
		const size = (count: number) => `${(count / 1024).toFixed(1)} KiB`;
		console.log(`${name}@${version}: ${size(bytes)} packed, ${size(unpackedBytes)} unpacked, ${files.length} files`);
		const others = files.filter((file) => !/^dist\/(?!.*\.(?:test|fixture|tmp)\.).+\.(?:js|d\.ts|js\.map)$/.test(file));
		expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
		expect(readFileSync(inside("LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
		expect(readFileSync(inside("README.md"), "utf8")).toContain(`# ${name}`);
	});

	test("has a file behind every export and command", () => {
		const targets = [...Object.values(manifest.exports ?? {}), manifest.bin ?? {}].flatMap((entry) =>
			Object.entries(entry as Record<string, string>).filter(([condition]) => condition !== "@footlight/source"),
		);
		expect(targets.length).toBeGreaterThan(0);
		for (const [, file] of targets) expect(files).toContain(file.slice(2));
	});

	test("has sources in its source maps, since none lie beside them", () => {
		for (const file of files.filter((file) => file.endsWith(".map"))) {
			const { sources, sourcesContent } = JSON.parse(readFileSync(inside(file), "utf8"));
			expect(sourcesContent, file).toHaveLength(sources.length);
		}
	});

	test("pleases publint", async () => {
		const tarball = await readFile(path);
		const { messages, pkg } = await publint({
			pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
			strict: true,
		});
		expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
	});

	if (manifest.exports === undefined) return; // A command has no types.

	test("pleases are-the-types-wrong, as ESM", async () => {
		const attw = join(root, "node_modules/.bin/attw");
		const options = ["--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-emoji"];
		const { exitCode, stdout, stderr } = await capture(attw, [path, ...options]);
		expect(exitCode, stdout + stderr).toBe(0);
	});
});
