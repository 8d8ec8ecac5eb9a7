import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as core from "@footlight/core";
import * as testing from "@footlight/core/testing";
import { describe, expect, test } from "vitest";
import { generatedPages } from "./generated-pages.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/**/README.md"], { cwd: root }).sort();
const sources = globSync("packages/*/src/**/*.ts", {
	cwd: root,
	exclude: (name) => /\.(test|fixture)\.ts$/.test(name),
});

describe("generated pages", () => {
	for (const [file, text] of Object.entries(generatedPages())) {
		test(`docs/${file} is what \`npm run docs\` makes of the code`, () => {
			expect(read(`docs/${file}`)).toBe(text);
		});
	}
});

/** Headings as the anchors that links to them use. */
function anchorsOf(text: string): string[] {
	return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}

describe("links", () => {
	test.each(pages)("of %s lead somewhere", (page) => {
		const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
		for (const link of links.filter((each) => !/^https?:/.test(each))) {
			const [path = "", anchor] = link.split("#");
			const target = path === "" ? page : join(dirname(page), path);
			expect(existsSync(join(root, target)), link).toBe(true);
			if (anchor !== undefined) expect(anchorsOf(read(target)), link).toContain(anchor);
		}
	});

	test("lead from the index to every page", () => {
		const index = read("docs/README.md");
		const missing = globSync("docs/**/*.md", { cwd: root })
			.map((file) => relative("docs", file))
			.filter((file) => file !== "README.md" && !index.includes(`(${file})`));
		expect(missing).toEqual([]);
	});
});

describe("the troubleshooting page", () => {
	const page = read("docs/troubleshooting.md");
	const inTable = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, code]) => code).sort();

	test("has every warning, and none that nobody gives", () => {
		const given = sources
			.flatMap((file) => read(file).match(/"FOOTLIGHT_[A-Z_]+"/g) ?? [])
			.map((code) => code.slice(1, -1));
		expect(inTable(/^\| `(FOOTLIGHT_[A-Z_]+)`/gm)).toEqual([...new Set(given)].sort());
	});

	test("has every code of the doctor, and none that it does not know", () => {
		const [, union = ""] = /type FindingCode =(.*?);/s.exec(read("packages/otel/src/doctor/finding.ts")) ?? [];
		const known = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
		expect(known.length).toBeGreaterThan(20);
		expect(inTable(/^\| `([a-z]+(?:-[a-z]+)+)`/gm)).toEqual(known.sort());
	});
});

test("every function and class of core stands on a page", () => {
	const written = pages
		.filter((page) => page !== "CHANGELOG.md")
		.map(read)
		.join("\n");
	const missing = Object.keys({ ...core, ...testing }).filter((name) => !new RegExp(`\\b${name}\\b`).test(written));
	expect(missing).toEqual([]);
});

test("no page names a file or a package that is not there", () => {
	const named = pages.flatMap((page) =>
		[...read(page).matchAll(/`((?:docs|examples|packages|scripts)\/[\w./-]+)`/g)].map(
			([, path = ""]) => `${page}: ${path}`,
		),
	);
	expect(named.filter((each) => !existsSync(join(root, each.split(": ")[1] ?? "")))).toEqual([]);
});
