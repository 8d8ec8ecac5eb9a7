import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const packages = readdirSync(new URL("../packages", import.meta.url));
const { version, license } = JSON.parse(read("package.json"));

describe.each(packages)("packages/%s", (name) => {
	const manifest = JSON.parse(read(`packages/${name}/package.json`));

	test("has the version of the workspace, and asks its siblings for exactly that", () => {
		expect(manifest.version).toBe(version);
		const needs = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
		for (const [sibling, range] of Object.entries(needs)) {
			if (sibling.startsWith("@footlight/")) expect(range, sibling).toBe(version);
		}
	});

	test("tells its own version in version.ts, if it has one", () => {
		const source = readdirSync(new URL(`../packages/${name}/src`, import.meta.url)).includes("version.ts")
			? read(`packages/${name}/src/version.ts`)
			: undefined;
		if (name === "core") expect(source).toBeDefined();
		if (source !== undefined) expect(/version = "(.+)"/.exec(source)?.[1]).toBe(version);
	});

	test("is published under the licence of the workspace, with its text", () => {
		expect(manifest.license).toBe(license);
		expect(read(`packages/${name}/LICENSE`)).toBe(read("LICENSE"));
	});
});
