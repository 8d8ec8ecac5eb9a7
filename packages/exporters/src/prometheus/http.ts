import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { telemetryFailed } from "@footlight/core";
import { acceptsGzip } from "./content-type.ts";

/** Metrics as they are sent. */
export interface Exposition {
	readonly contentType: string;
	readonly body: string;
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | Uint8Array<ArrayBuffer>;
}

export interface Question {
	readonly method: string;
	readonly accept: string | undefined;
	readonly acceptEncoding: string | undefined;
}

/** Less is sent in one packet anyway. */
const leastBytesToCompress = 1_024;
const compress = promisify(gzip);

/** Answers a scrape; never rejects. */
export async function answer(question: Question, render: (accept?: string) => Promise<Exposition>): Promise<Answer> {
	if (question.method !== "GET" && question.method !== "HEAD") {
		return plain(405, "metrics are read with GET\n", { allow: "GET, HEAD" });
	}
	try {
		const { contentType, body } = await render(question.accept);
		const headers = { "content-type": contentType, vary: "Accept, Accept-Encoding", "cache-control": "no-store" };
		if (body.length < leastBytesToCompress || !acceptsGzip(question.acceptEncoding)) {
			return { status: 200, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) }, body };
		}
		const packed = new Uint8Array(await compress(body));
		const length = String(packed.byteLength);
		return { status: 200, headers: { ...headers, "content-encoding": "gzip", "content-length": length }, body: packed };
	} catch (error) {
		telemetryFailed("prometheusExporter", error);
		return plain(500, "the metrics could not be rendered; the process has said why\n");
	}
}

export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
	const length = String(Buffer.byteLength(text));
	return {
		status,
		headers: { ...headers, "content-type": "text/plain; charset=utf-8", "content-length": length },
		body: text,
	};
}

export function questionFrom(request: IncomingMessage): Question {
	const { accept, "accept-encoding": acceptEncoding } = request.headers;
	return { method: request.method ?? "GET", accept, acceptEncoding: String(acceptEncoding ?? "") };
}

/** Sends an answer; a scraper that went away meanwhile is no failure. */
export function send(method: string | undefined, response: ServerResponse, { status, headers, body }: Answer): void {
	if (response.destroyed || response.headersSent) return;
	response.on("error", () => {});
	response.writeHead(status, headers);
	response.end(method === "HEAD" ? undefined : body);
}
