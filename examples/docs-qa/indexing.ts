import type { Light } from "@footlight/core";
import { chunkDocuments } from "./chunk.ts";
import { type Document, loadDocuments } from "./corpus.ts";
import type { Progress } from "./progress.ts";
import { buildIndex } from "./search-index.ts";

/** Makes the pipeline that reads, splits and indexes the documentation below a directory. */
export function indexing(light: Light, progress: Progress) {
	return (
		light
			.pipeline()
			// A generator: the next stage reads its stream, and its span lasts as long as that.
			.stage("load", (directory: string) => loadDocuments(directory))
			.stage("chunk", ["load"], async ({ load }) => {
				const documents: Document[] = [];
				for await (const document of load) {
					documents.push(document);
					progress.show(`load   ${documents.length} Markdown files`);
				}
				progress.done();

				const chunks = chunkDocuments(documents);
				const sources = new Set(chunks.map(({ source }) => source));
				progress.show(`chunk  ${chunks.length} passages of ${sources.size} different documents`);
				progress.done();
				return chunks;
			})
			.stage("index", ["chunk"], async ({ chunk }) => {
				const index = await buildIndex(chunk, (done) => progress.show(`index  ${done} of ${chunk.length} passages`));
				progress.done();
				return index;
			})
	);
}
