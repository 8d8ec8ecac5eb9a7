/** A log line as Loki's API gives it to Grafana. */
export interface LokiLine {
	readonly timeNs: string;
	readonly text: string;
	/** Labels of its stream, by which Loki indexes. */
	readonly labels: Readonly<Record<string, string>>;
	/** What stands beside the line, and is not indexed. */
	readonly metadata: Readonly<Record<string, string>>;
}

interface Stream {
	readonly stream: Readonly<Record<string, string>>;
	readonly values: readonly (readonly [
		timeNs: string,
		text: string,
		beside: { readonly structuredMetadata?: Readonly<Record<string, string>> },
	])[];
}

/** What Loki answers at most. */
const limit = 5_000;

/** Asks a Loki for the lines between two moments, in milliseconds since 1970; rejects with what Loki says is wrong. */
export async function queryLines(
	url: string,
	query: string,
	range: { readonly fromMs: number; readonly toMs: number },
): Promise<LokiLine[]> {
	const parameters = { query, ...bounds(range), limit: String(limit), direction: "forward" };
	const { result } = await ask<{ result: readonly Stream[] }>(url, "query_range", parameters);
	const lines = result.flatMap(({ stream, values }) =>
		values.map(([timeNs, text, { structuredMetadata = {} }]) => {
			return { timeNs, text, labels: stream, metadata: structuredMetadata };
		}),
	);
	if (lines.length >= limit) throw new Error(`Loki: ${query} has ${limit} lines or more: it leaves some out`);
	return lines;
}

/** The streams of the lines between two moments, each as its labels. */
export async function streams(
	url: string,
	range: { readonly fromMs: number; readonly toMs: number },
): Promise<Readonly<Record<string, string>>[]> {
	return ask(url, "series", { "match[]": '{service_name=~".+"}', ...bounds(range) });
}

function bounds({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
	return { start: `${Math.floor(fromMs)}000000`, end: `${Math.ceil(toMs)}000000` };
}

async function ask<T>(url: string, path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
	// As Grafana does: else Loki puts all that it knows of a line into one list.
	const headers = { "X-Loki-Response-Encoding-Flags": "categorize-labels" };
	const signal = AbortSignal.timeout(20_000);
	const response = await fetch(`${url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, { headers, signal });
	const text = await response.text();
	if (!response.ok) throw new Error(`Loki: ${parameters.query ?? path}: ${response.status} ${text.trim()}`);
	return (JSON.parse(text) as { data: T }).data;
}
