// Writes the pages that are made from the code: `npm run docs`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedPages } from "./generated-pages.ts";

for (const [file, text] of Object.entries(generatedPages())) {
	writeFileSync(join(import.meta.dirname, file), text);
	console.log(`docs/${file}`);
}
