import type { Hit, Passage } from "./search-index.ts";

/** An answer that is no text, with the status by which a retry knows whether another attempt may help. */
export class FetchError extends Error {
	override readonly name = "FetchError";
	readonly status: number;
	readonly headers: Headers;

	constructor({ status, statusText, headers }: Response) {
		super(`${status} ${statusText}`);
		this.status = status;
		this.headers = headers;
	}
}

/** Gets the texts of what was found. */
export async function fetchPassages(
	url: string,
	hits: readonly Hit[],
	signal: AbortSignal | undefined,
): Promise<Passage[]> {
	if (hits.length === 0) return [];
	const response = await fetch(`${url}?ids=${hits.map(({ id }) => id).join()}`, { signal: signal ?? null });
	if (!response.ok) {
		await response.body?.cancel();
		throw new FetchError(response);
	}
	const texts = (await response.json()) as readonly string[];
	return hits.map((hit, index) => ({ ...hit, text: texts[index] ?? "" }));
}
