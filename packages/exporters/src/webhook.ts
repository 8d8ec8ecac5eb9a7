import { type FootlightEvent, systemClock } from "@footlight/core";
import { knownOptions, milliseconds, oneOf } from "@footlight/core/option";
import type { Batch, BatchSink } from "./buffered/batch.ts";
import { checkedHeaders, checkedTls, checkedUrl } from "./sinks/http/checked.ts";
import { HttpSinkError } from "./sinks/http/http-sink-error.ts";
import { Poster, type TlsOptions } from "./sinks/http/poster.ts";
import { keyedJson } from "./sinks/json.ts";
import { version } from "./version.ts";
import { Signer } from "./webhook/signature.ts";

/** Where {@link webhookSink} posts, and how. */
export interface WebhookOptions {
	readonly url: string | URL;
	/** @default "POST" */
	readonly method?: "POST" | "PUT" | "PATCH";
	/** Sent with every request, an authorization for one. */
	readonly headers?: Readonly<Record<string, string>>;
	/** A JSON array of the items, or an item a line. @default "json" */
	readonly format?: "json" | "ndjson";
	/**
	 * Signs every request as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`): base64, with
	 * `whsec_` before it or not; several while one is replaced by another. @default no signature
	 */
	readonly secret?: string | readonly string[];
	/** How long a request may take. @default 30000 */
	readonly timeoutMs?: number;
	/** Certificates, as `node:https` takes them. */
	readonly tls?: TlsOptions;
}

/** A sink for batches that posts each. */
export interface WebhookSink<Item = FootlightEvent> extends BatchSink<Item> {
	write(batch: Batch<Item>, signal: AbortSignal): Promise<void>;
	close(): Promise<void>;
}

const where = "webhookSink";
const names = ["url", "method", "headers", "format", "secret", "timeoutMs", "tls"];
const formats = {
	json: { type: "application/json", bodyOf: (lines: readonly string[]) => `[${lines.join(",")}]` },
	ndjson: { type: "application/x-ndjson", bodyOf: (lines: readonly string[]) => `${lines.join("\n")}\n` },
} as const;

/**
 * Posts batches of events over HTTP.
 *
 * Each request has an `Idempotency-Key`, the same at every attempt; each item has its `idempotencyKey`. Any 2xx confirms
 * the batch, whatever becomes of the rest of the answer. Everything else rejects with an HttpSinkError that carries the
 * status and Retry-After, or none where there was no answer, which passes for transient. Redirects are not followed. Its
 * requests make no spans.
 *
 * Give it to a buffered exporter, which batches and tries again.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example
 * const webhook = webhookSink({ url: new URL("/v1/logs", url), headers: { authorization: "Bearer any" } });
 * const events = [{ name: "answer.cited", timeMs: Date.now(), attributes: { sources: 3 } }];
 * await webhook.write({ items: events, keys: ["event-1"], id: "batch-1" }, AbortSignal.timeout(10_000));
 * await webhook.close();
 */
export function webhookSink<Item = FootlightEvent>(options: WebhookOptions): WebhookSink<Item> {
	knownOptions(where, options ?? null, names);
	const { secret, method = "POST", headers = {}, timeoutMs = 30_000, tls = {} } = options;
	const { format: formatName = "json" } = options;
	const format = formats[oneOf(`${where}: format`, formatName, ["json", "ndjson"])];
	const signer = secret === undefined ? undefined : new Signer(`${where}: secret`, secret);
	const poster = new Poster({
		name: where,
		url: checkedUrl(`${where}: url`, options.url),
		method: oneOf(`${where}: method`, method, ["POST", "PUT", "PATCH"]),
		headers: {
			"user-agent": `footlight/${version}`,
			"content-type": format.type,
			...checkedHeaders(`${where}: headers`, headers),
		},
		timeoutMs: milliseconds(`${where}: timeoutMs`, timeoutMs),
		tls: checkedTls(`${where}: tls`, tls),
	});
	return {
		async write({ items, keys, id }, signal) {
			if (items.length === 0) return;
			const body = format.bodyOf(items.map((item, index) => keyedJson(item, keys[index] ?? `${id}-${index}`)));
			const key = headerText(id);
			const headers = { "idempotency-key": key, ...signer?.headers(key, systemClock.now(), body) };
			const answer = await poster.send(Buffer.from(body), headers, signal);
			if (answer.status >= 200 && answer.status < 300) return;
			const isRedirect = answer.status >= 300 && answer.status < 400 && answer.headers.location !== undefined;
			throw poster.refusal(answer, isRedirect ? "; redirects are not followed" : "");
		},
		async close() {
			poster.close();
		},
	};
}

/** An id may be anything, a header may not. */
function headerText(id: string): string {
	return /^[\x21-\x7e]+$/.test(id) ? id : encodeURIComponent(id);
}

export { HttpSinkError, type TlsOptions };
