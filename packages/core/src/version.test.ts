import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { version } from "./index.ts";

it("is the version of package.json", async () => {
	const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
	expect(version).toBe(manifest.version);
});
