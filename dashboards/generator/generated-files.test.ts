import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesIn, folder } from "./committed.fixture.ts";
import { generatedFiles } from "./generated-files.ts";

const generated = generatedFiles();

test.each(generated)("%s is what the generator makes of the catalogue", (path, text) => {
	const file = join(folder, path);
	const committed = existsSync(file) ? readFileSync(file, "utf8") : "";
	expect(committed === text, `dashboards/${path} is not up to date: run \`npm run dashboards\``).toBe(true);
});

test("nothing else stands beside what is generated", () => {
	const committed = [...filesIn("grafana", ""), ...filesIn("rules", ".yaml")];
	expect(committed.sort()).toEqual(generated.map(([path]) => path).sort());
});
