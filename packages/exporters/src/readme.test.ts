import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { version } from "./version.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${folder}README.md`, "utf8");
const [tree = "", logger = ""] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);

function runSnippet(code: string) {
	const parameters = ["--conditions=@footlight/source", "--input-type=module-typescript", "-e", code];
	const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
	return spawnSync(process.execPath, parameters, { cwd: folder, encoding: "utf8", env });
}

describe("README", () => {
	test("draws a tree with its first snippet", () => {
		const { status, stdout, stderr } = runSnippet(tree);
		expect([status, stdout]).toEqual([0, "the\npage\ntracing\n"]);
		expect(stderr).toMatch(/^✓ docs-qa · \S+ · user-7 .*\n├─ ✓ load .*\n└─ ✓ answer .* 3 items {2}first at \S+\n\n$/);
	});

	test("logs without secrets with its second snippet", () => {
		const { status, stdout } = runSnippet(logger);
		expect(status).toBe(0);
		const lines = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines.find(({ msg }) => msg === "logged in")).toMatchObject({
			name: "docs-qa",
			user: { email: "[Redacted]", password: "[Redacted]" },
		});
		expect(stdout).not.toContain("hunter2");
	});
});

test("the version is that of package.json", () => {
	expect(version).toBe(JSON.parse(readFileSync(`${folder}package.json`, "utf8")).version);
});
