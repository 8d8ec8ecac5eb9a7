// Writes the dashboards and rules that are committed; a test compares them with what this would write.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generated-files.ts";

for (const [path, text] of generatedFiles()) {
	writeFileSync(join(import.meta.dirname, "..", path), text);
	console.log(`dashboards/${path}`);
}
