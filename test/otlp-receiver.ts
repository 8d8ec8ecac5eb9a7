import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { flattenLogs, flattenSpans, type ReceivedLog, type ReceivedSpan } from "./otlp-message.ts";
import { decodeProtobuf } from "./otlp-schema.ts";

export interface ReceivedRequest {
	readonly method: string;
	readonly path: string;
	readonly contentType: string;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface OtlpReceiver {
	/** Base address, what OTEL_EXPORTER_OTLP_ENDPOINT takes. */
	readonly url: string;
	readonly port: number;
	/** Every span received so far, in order of arrival. */
	spans(): ReceivedSpan[];
	/** Every log record received so far. */
	logs(): ReceivedLog[];
	/** Every request received so far, those for other paths (metrics among them) included. */
	requests(): ReceivedRequest[];
	/** Resolves once the predicate holds; rejects after `timeoutMs` (default 10 s) with what had come by then. */
	waitFor(predicate: (receiver: OtlpReceiver) => boolean, timeoutMs?: number): Promise<void>;
	/** Forgets what was received. */
	clear(): void;
	/** Closes the server and its open connections. */
	close(): Promise<void>;
}

export interface OtlpReceiverOptions {
	/** @default 0, a free one */
	readonly port?: number;
	/** Status answered to exports; the request is still read and kept. @default 200 */
	readonly status?: number;
	/** How long an answer is held back. @default 0 */
	readonly delayMs?: number;
}

/** Starts an OTLP/HTTP receiver on loopback that takes protobuf and JSON, gzipped or not, and keeps what it gets. */
export async function startOtlpReceiver(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
	const { status = 200, delayMs = 0 } = options;
	const spans: ReceivedSpan[] = [];
	const logs: ReceivedLog[] = [];
	const requests: ReceivedRequest[] = [];
	const waiting = new Set<() => void>();

	const server = createServer(async (request, response) => {
		const body = await read(request);
		const contentType = request.headers["content-type"] ?? "";
		const path = request.url ?? "";
		requests.push({ method: request.method ?? "", path, contentType, headers: request.headers });
		let answer = status;
		try {
			const json = contentType.includes("json");
			if (path === "/v1/traces") {
				const message = json ? JSON.parse(body.toString()) : decodeProtobuf("ExportTraceServiceRequest", body);
				spans.push(...flattenSpans(message));
			} else if (path === "/v1/logs") {
				const message = json ? JSON.parse(body.toString()) : decodeProtobuf("ExportLogsServiceRequest", body);
				logs.push(...flattenLogs(message));
			} else if (path !== "/v1/metrics") answer = 404;
		} catch (error) {
			console.error("otlp receiver: cannot decode", path, error);
			answer = 400;
		}
		for (const check of [...waiting]) check();
		if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
		response.writeHead(answer, { "content-type": contentType || "text/plain" });
		response.end(contentType.includes("json") ? "{}" : "");
	});
	await listen(server, options.port ?? 0);
	const port = (server.address() as AddressInfo).port;

	const receiver: OtlpReceiver = {
		url: `http://127.0.0.1:${port}`,
		port,
		spans: () => [...spans],
		logs: () => [...logs],
		requests: () => [...requests],
		clear() {
			spans.length = logs.length = requests.length = 0;
		},
		waitFor: (predicate, timeoutMs = 10_000) =>
			new Promise<void>((resolve, reject) => {
				const settle = (outcome: () => void) => {
					waiting.delete(check);
					clearTimeout(timer);
					outcome();
				};
				const check = () => {
					if (predicate(receiver)) settle(resolve);
				};
				const timer = setTimeout(() => {
					const got = `${spans.length} spans (${spans.map((span) => span.name).join(", ")}), ${logs.length} logs`;
					settle(() => reject(new Error(`otlp receiver: not within ${timeoutMs} ms; received ${got}`)));
				}, timeoutMs);
				waiting.add(check);
				check();
			}),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
	return receiver;
}

function listen(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
}

async function read(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const body = Buffer.concat(chunks);
	return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

export type { ReceivedAttributes, ReceivedScope } from "./otlp-message.ts";
export type { ReceivedLog, ReceivedSpan };
