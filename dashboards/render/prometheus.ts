import type { Labels } from "./legend.ts";

/** Asks a server's API: path, parameters, and the answer's `data`. */
export type Ask = (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;

/** A series with its points: seconds since the epoch, and the value as text. */
export interface MatrixSeries {
	readonly metric: Labels;
	readonly values: readonly (readonly [seconds: number, value: string])[];
}

/** A series with its last point. */
export interface VectorSample {
	readonly metric: Labels;
	readonly value: readonly [seconds: number, value: string];
}

/** A single recording with the trace it was made in. */
export interface Exemplar {
	readonly timeMs: number;
	readonly value: number;
	readonly labels: Labels;
}

/** Asks a Prometheus over HTTP. */
export function prometheus(url: string): Ask {
	return async (path, parameters) => {
		const response = await fetch(new URL(`api/v1/${path}`, url.endsWith("/") ? url : `${url}/`), {
			method: "POST",
			body: new URLSearchParams(parameters),
		});
		const text = await response.text();
		const answer = text.startsWith("{")
			? (JSON.parse(text) as { status: string; error?: string; data: unknown })
			: undefined;
		if (answer?.status === "success") return answer.data;
		throw new Error(`${url} answered ${response.status}: ${answer?.error ?? text.slice(0, 200)}\n${parameters.query}`);
	};
}

const seconds = (ms: number) => String(ms / 1_000);

/** Asks for a range; its ends are multiples of the step, so that a later picture shows the same points. */
export async function askRange(
	ask: Ask,
	query: string,
	{ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
	stepMs: number,
): Promise<readonly MatrixSeries[]> {
	const start = Math.ceil(fromMs / stepMs) * stepMs;
	const end = Math.floor(toMs / stepMs) * stepMs;
	const parameters = { query, start: seconds(start), end: seconds(end), step: seconds(stepMs) };
	const { result } = (await ask("query_range", parameters)) as { result: readonly MatrixSeries[] };
	return result;
}

/** Asks for the values of one moment. */
export async function askInstant(ask: Ask, query: string, timeMs: number): Promise<readonly VectorSample[]> {
	const { result } = (await ask("query", { query, time: seconds(timeMs) })) as { result: readonly VectorSample[] };
	return result;
}

/** Asks for the exemplars of a range. */
export async function askExemplars(
	ask: Ask,
	query: string,
	{ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly Exemplar[]> {
	const answer = (await ask("query_exemplars", { query, start: seconds(fromMs), end: seconds(toMs) })) as readonly {
		exemplars: readonly { labels: Labels; value: string; timestamp: number }[];
	}[];
	return answer.flatMap(({ exemplars }) =>
		exemplars.map(({ labels, value, timestamp }) => ({ timeMs: timestamp * 1_000, value: Number(value), labels })),
	);
}
