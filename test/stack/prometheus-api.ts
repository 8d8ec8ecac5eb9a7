import {
	askExemplars,
	askInstant,
	askRange,
	type MatrixSeries,
	prometheus,
} from "../../dashboards/render/prometheus.ts";

/** Asks a Prometheus for the latest values. */
export async function query(url: string, expression: string): Promise<number[]> {
	const samples = await askInstant(prometheus(url), expression, Date.now());
	return samples.map(({ value: [, value] }) => Number(value));
}

/** Asks a Prometheus for the points between two moments, in milliseconds since 1970. */
export async function queryRange(
	url: string,
	expression: string,
	{ stepMs, ...range }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<readonly MatrixSeries[]> {
	return askRange(prometheus(url), expression, range, stepMs);
}

/** Asks a Prometheus for the traces that exemplars since a moment lead to. */
export async function exemplarTraceIds(url: string, expression: string, fromMs: number): Promise<string[]> {
	const exemplars = await askExemplars(prometheus(url), expression, { fromMs, toMs: Date.now() });
	return [...new Set(exemplars.map(({ labels }) => labels.trace_id ?? ""))];
}

/** Names of all metrics that a Prometheus has of a selector. */
export async function metricNames(url: string, selector: string): Promise<string[]> {
	return ask<string[]>(url, "label/__name__/values", { "match[]": selector });
}

/** Asks for what is no query, and takes no POST; rejects with what Prometheus says is wrong. */
export async function ask<T>(url: string, path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
	const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
	const { data, error } = (await response.json()) as { data: T; error?: string };
	if (error !== undefined) throw new Error(`Prometheus: ${path} ${JSON.stringify(parameters)}: ${error}`);
	return data;
}
