import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { capture } from "../../scripts/command.ts";

interface Installed {
	/** Absent where an optional peer is named and not installed. */
	readonly version?: string;
	readonly dependencies?: Readonly<Record<string, Installed>>;
}

const namesOf = ({ dependencies = {} }: Installed): string[] =>
	Object.entries(dependencies).flatMap(([name, inner]) => (inner.version ? [name, ...namesOf(inner)] : []));

const list = async (cwd: string) => {
	const { exitCode, stdout, stderr } = await capture("npm", ["ls", "--all", "--json"], { cwd });
	expect(exitCode, stdout + stderr).toBe(0);
	return namesOf(JSON.parse(stdout));
};

test("core brings nothing but itself and the API it stands on", async () => {
	expect([...new Set(await list(inject("alone")))].sort()).toEqual(["@footlight/core", "@opentelemetry/api"]);
});

test("the packages install together, each once, with no peer missing", async () => {
	const names = await list(inject("whole"));
	for (const { name } of inject("tarballs")) expect(names).toContain(name);
	const lock = JSON.parse(readFileSync(join(inject("whole"), "package-lock.json"), "utf8"));
	const copies = Object.keys(lock.packages).filter((path) => /(?:@footlight\/[a-z]+|@opentelemetry\/api)$/.test(path));
	expect(copies.filter((path) => path.lastIndexOf("node_modules/") > 0)).toEqual([]);
});
