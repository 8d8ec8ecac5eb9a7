import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const packages = [
	...readdirSync(new URL("../packages", import.meta.url)).map((name) => `packages/${name}`),
	"dashboards",
];
const { version, license } = JSON.parse(read("package.json"));

describe.each(packages)("%s", (name) => {
	const manifest = JSON.parse(read(`${name}/package.json`));

	test("has the version of the workspace, and asks its siblings for exactly that", () => {
		expect(manifest.version).toBe(version);
		const needs = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
		for (const [sibling, range] of Object.entries(needs)) {
			if (sibling.startsWith("@footlight/")) expect(range, sibling).toBe(version);
		}
	});

	test("tells its own version in version.ts, if it has one", () => {
		const path = `${name}/src/version.ts`;
		const source = existsSync(new URL(`../${path}`, import.meta.url)) ? read(path) : undefined;
		if (name === "packages/core") expect(source).toBeDefined();
		if (source !== undefined) expect(/version = "(.+)"/.exec(source)?.[1]).toBe(version);
	});

	test("is published under the licence of the workspace, with its text", () => {
		expect(manifest.license).toBe(license);
		expect(read(`${name}/LICENSE`)).toBe(read("LICENSE"));
	});
});
