import {
	Agent as HttpAgent,
	type IncomingHttpHeaders,
	type IncomingMessage,
	request as requestHttp,
	STATUS_CODES,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { TimeoutError } from "@footlight/core";
import { withoutTelemetry } from "@footlight/core/telemetry";
import { SinkClosedError } from "../sink-error.ts";
import { HttpSinkError } from "./http-sink-error.ts";
import { readBody } from "./read-body.ts";

/** Certificates, as `node:https` takes them. */
export interface TlsOptions {
	readonly ca?: string | Buffer | readonly (string | Buffer)[];
	readonly cert?: string | Buffer;
	readonly key?: string | Buffer;
}

export interface PosterSettings {
	/** The sink, in what is told. */
	readonly name: string;
	readonly url: URL;
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
	readonly tls?: TlsOptions | undefined;
}

export interface Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** What of it came before the bounds of time and size. */
	readonly body: Buffer;
}

/**
 * Posts over connections of its own, kept open between requests and closed with it.
 *
 * Not with `fetch`: a certificate could not be given to it, nor its connections be closed. No redirect is followed,
 * since a body and its credentials would go to whoever the answer names.
 */
export class Poster {
	readonly #settings: PosterSettings;
	readonly #agent: HttpAgent;
	readonly #host: string;
	#isClosed = false;

	constructor(settings: PosterSettings) {
		this.#settings = settings;
		this.#host = settings.url.host;
		const own = { keepAlive: true, ...(process.env.NODE_USE_ENV_PROXY === "1" && { proxyEnv: process.env }) };
		const { ca, cert, key } = settings.tls ?? {};
		const tls = { ...(ca && { ca: ca as string }), ...(cert && { cert }), ...(key && { key }) };
		this.#agent = settings.url.protocol === "https:" ? new HttpsAgent({ ...own, ...tls }) : new HttpAgent(own);
	}

	/** Gives what the other side answered, whatever that is; rejects where it did not. */
	send(body: Uint8Array, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
		if (this.#isClosed) return Promise.reject(new SinkClosedError(this.#settings.name));
		if (signal.aborted) return Promise.reject(signal.reason);
		return withoutTelemetry(() => this.#send(body, headers, signal));
	}

	/** Closes every connection. */
	close(): void {
		this.#isClosed = true;
		this.#agent.destroy();
	}

	/** The error for an answer that does not take what was posted. */
	refusal({ status, headers, body }: Answer, more = ""): HttpSinkError {
		const { name } = this.#settings;
		const words = [String(status), STATUS_CODES[status]].filter((word) => word !== undefined).join(" ");
		const told = { status, headers, answer: body.toString("utf8") };
		// The path may be a secret, as that of an incoming webhook is.
		return new HttpSinkError(`${name}: ${this.#host} answered ${words}${more}`, told);
	}

	/** The error for what is no answer. */
	unreachable(what: string, cause?: unknown): HttpSinkError {
		return new HttpSinkError(
			`${this.#settings.name}: ${this.#host} ${what}`,
			{},
			cause === undefined ? undefined : { cause },
		);
	}

	#send(body: Uint8Array, own: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
		const { name, url, method, headers: common, timeoutMs } = this.#settings;
		const headers = { ...common, ...own, "content-length": String(body.length) };
		return new Promise((resolve, reject) => {
			const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
				method,
				headers,
				agent: this.#agent,
			});
			const settle = (how: () => void): void => {
				clearTimeout(timer);
				signal.removeEventListener("abort", abort);
				how();
			};
			let response: IncomingMessage | undefined;
			const giveUp = (error: unknown): void => {
				// The other side has said what became of the batch: no need to hear the rest.
				if (response !== undefined) {
					response.destroy();
					return;
				}
				settle(() => reject(error));
				request.destroy();
			};
			const abort = (): void => giveUp(signal.reason);
			const timer = setTimeout(() => giveUp(new TimeoutError(`${name}: ${this.#host}`, timeoutMs)), timeoutMs);
			signal.addEventListener("abort", abort, { once: true });
			request.on("error", (cause) => {
				// What happens to a connection after its answer has begun says nothing of the answer.
				if (response === undefined) settle(() => reject(this.unreachable("gave no answer", cause)));
			});
			request.on("response", (answer) => {
				response = answer;
				readBody(answer).then((content) => {
					settle(() => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content }));
					// Who answers before having read everything may never read the rest.
					if (!request.writableFinished) request.destroy();
				});
			});
			request.end(body);
		});
	}
}
