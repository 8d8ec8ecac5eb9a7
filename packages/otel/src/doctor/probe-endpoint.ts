import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as tlsConnect } from "node:tls";
import { addressOf } from "../otlp-target.ts";

/** What came back for an empty export request. */
export type Answer =
	| { readonly status: number; readonly contentType: string; readonly body: string; readonly durationMs: number }
	| { readonly error: string; readonly code: string };

/** Posts an empty request and reports what came back, whatever it was. */
export function probeHttp(url: string, contentType: string, timeoutMs: number): Promise<Answer> {
	return new Promise((resolve) => {
		const started = performance.now();
		const fail = (error: Error) => {
			resolve({ error: error.message, code: String((error as NodeJS.ErrnoException).code ?? "") });
		};
		const send = url.startsWith("https:") ? httpsRequest : httpRequest;
		try {
			const body = contentType.includes("json") ? "{}" : "";
			const headers = { "content-type": contentType, "content-length": body.length, ...otlpHeaders() };
			const request = send(url, { method: "POST", agent: false, headers, timeout: timeoutMs }, (response) => {
				let text = "";
				response.setEncoding("utf8");
				response.on("data", (chunk: string) => {
					if (text.length < 2_000) text += chunk;
				});
				response.on("error", fail);
				response.on("end", () => {
					resolve({
						...{ status: response.statusCode ?? 0, contentType: response.headers["content-type"] ?? "", body: text },
						durationMs: performance.now() - started,
					});
				});
			});
			request.on("timeout", () => request.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
			request.on("error", fail);
			request.end(body);
		} catch (error) {
			fail(error as Error);
		}
	});
}

/** Headers the exporters would send: tokens of a hosted collector, as a rule. */
function otlpHeaders(): Record<string, string> {
	const list = process.env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? process.env.OTEL_EXPORTER_OTLP_HEADERS ?? "";
	const pairs = list.split(",").map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair));
	return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1], decode(pair[2] ?? "")]] : [])));
}

function decode(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		return value;
	}
}

/** True when the other side answers a TLS greeting with TLS, if only to refuse it. */
export function speaksTls(url: string, timeoutMs: number): Promise<boolean> {
	const address = addressOf(url);
	if (address === undefined) return Promise.resolve(false);
	return new Promise((resolve) => {
		const socket = tlsConnect({ ...address, rejectUnauthorized: false });
		const settle = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.setTimeout(timeoutMs, () => settle(false));
		socket.once("secureConnect", () => settle(true));
		socket.once("error", (error) => settle(/ALERT/i.test((error as NodeJS.ErrnoException).code ?? "")));
	});
}
