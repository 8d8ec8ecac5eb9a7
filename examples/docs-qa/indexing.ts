import type { Light } from "@footlight/core";
import { chunkDocuments } from "./chunk.ts";
import { type Document, loadDocuments } from "./corpus.ts";
import type { Progress } from "./progress.ts";
import { buildIndex, type SearchIndex } from "./search-index.ts";

/** Makes the function that reads, splits and indexes the documentation below a directory. */
export function indexing(light: Light, progress: Progress): (directory: string) => Promise<SearchIndex> {
	// A generator, a plain function and an async one.
	const load = light.stage("load", loadDocuments);
	const chunk = light.stage("chunk", chunkDocuments);
	const index = light.stage("index", buildIndex);

	return async function indexDocumentation(directory) {
		const documents: Document[] = [];
		for await (const document of load(directory)) {
			documents.push(document);
			progress.show(`load   ${documents.length} Markdown files`);
		}
		progress.done();

		const chunks = chunk(documents);
		const sources = new Set(chunks.map(({ source }) => source));
		progress.show(`chunk  ${chunks.length} passages of ${sources.size} different documents`);
		progress.done();

		const searchIndex = await index(chunks, (indexed) =>
			progress.show(`index  ${indexed} of ${chunks.length} passages`),
		);
		progress.done();
		return searchIndex;
	};
}
