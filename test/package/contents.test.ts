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

	/** What is shipped is built, or is data. */
	const shipped = [
		/^dist\/(?!.*\.(?:test|fixture|tmp)\.).+\.(?:js|d\.ts|js\.map)$/,
		...(name === "@footlight/dashboards" ? [/^grafana\/[\w-]+\.json$/, /^rules\/[\w.-]+\.yaml$/] : []),
	];

	test("holds what is shipped, a README and the licence, and nothing else", () => {
		const size = (count: number) => `${(count / 1024).toFixed(1)} KiB`;
		console.log(`${name}@${version}: ${size(bytes)} packed, ${size(unpackedBytes)} unpacked, ${files.length} files`);
		const others = files.filter((file) => !shipped.some((pattern) => pattern.test(file)));
		expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
		expect(readFileSync(inside("LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
		expect(readFileSync(inside("README.md"), "utf8")).toContain(`# ${name}`);
	});

	test("has a file behind every export and command", () => {
		const targets = [...Object.values(manifest.exports ?? {}), manifest.bin ?? {}].flatMap((entry) =>
			Object.entries(typeof entry === "string" ? { default: entry } : (entry as Record<string, string>)).filter(
				([condition]) => condition !== "@footlight/source",
			),
		);
		expect(targets.length).toBeGreaterThan(0);
		for (const [, file] of targets) {
			// One with a star stands for every file of that form.
			const [beginning = "", ending] = file.slice(2).split("*");
			const isMeant = (path: string) =>
				ending === undefined ? path === beginning : path.startsWith(beginning) && path.endsWith(ending);
			expect(files.filter(isMeant), file).not.toEqual([]);
		}
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

	if (!files.some((file) => file.endsWith(".d.ts")) || manifest.exports === undefined) return; // Nothing to import.

	test("pleases are-the-types-wrong, as ESM", async () => {
		const attw = join(root, "node_modules/.bin/attw");
		const options = ["--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-emoji"];
		const { exitCode, stdout, stderr } = await capture(attw, [path, ...options]);
		expect(exitCode, stdout + stderr).toBe(0);
	});
});
