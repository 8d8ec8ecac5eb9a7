import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ManualClock } from "@footlight/core/testing";
import type { BatchSink } from "../buffered.ts";

export interface Entry {
	readonly id: number;
	readonly user: string;
}

/** What the server does with a request instead of taking it; the last two take it, and fail to say so. */
export type Fault =
	| "reset"
	| "unavailable"
	| "busy"
	| "hang"
	| "no HTTP"
	| "half an answer"
	| "an answer without sense";

/** A real server on the loopback, with a fault for each of the next requests, and a sink that posts to it. */
export class FlakyServer {
	/** What was taken, in order, repetitions included. */
	readonly taken: (Entry & { readonly key: string })[] = [];
	/** When requests came, by the clock of the exporter. */
	readonly requestsMs: number[] = [];
	readonly faults: Fault[] = [];
	/** Requests that are left without an answer. */
	hanging = 0;
	/** Writes of the sink that are under way. */
	pending = 0;
	readonly #clock: ManualClock;
	readonly #sockets = new Set<Socket>();
	#server: Server | undefined;
	#port = 0;

	constructor(clock: ManualClock) {
		this.#clock = clock;
	}

	async listen(): Promise<void> {
		const server = createServer((request, response) => void this.#answer(request, response));
		server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
			socket.on("error", () => {});
		});
		server.listen(this.#port, "127.0.0.1");
		await once(server, "listening");
		this.#server = server;
		this.#port = (server.address() as AddressInfo).port;
	}

	/** From now on connections are refused. */
	async leave(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		for (const socket of this.#sockets) socket.destroy();
		if (server === undefined) return;
		server.close();
		await once(server, "close");
	}

	readonly sink: BatchSink<Entry> = {
		write: async ({ items, keys }, signal) => {
			this.pending++;
			try {
				const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
					...{
						method: "POST",
						signal,
						body: JSON.stringify(items.map((item, index) => ({ ...item, key: keys[index] }))),
					},
				});
				const text = await response.text();
				const { status, headers } = response;
				if (!response.ok) throw Object.assign(new Error(`answered ${status}`), { status, headers });
				// Whoever does not say that it has taken a batch has not.
				if (text !== JSON.stringify({ taken: items.length })) {
					throw Object.assign(new Error(`answered ${JSON.stringify(text)}`), { status: 502 });
				}
			} finally {
				this.pending--;
			}
		},
	};

	/** Lets the time of the exporter's clock go by until something is so, never while an answer is on its way. */
	async until(isSo: () => boolean, stepMs = 250): Promise<void> {
		for (let round = 0; !isSo(); round++) {
			if (round > 20_000) throw new Error("it never comes to be so");
			if (this.pending === this.hanging) await this.#clock.advance(stepMs);
			await nextTurn();
		}
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { socket } = request;
		this.requestsMs.push(this.#clock.monotonicMs());
		const fault = this.faults.shift();
		if (fault === "reset") return void socket.resetAndDestroy();
		let body = "";
		for await (const chunk of request.setEncoding("utf8")) body += chunk;
		switch (fault) {
			case "unavailable":
				return void response.writeHead(503).end("away");
			case "busy":
				return void response.writeHead(429, { "retry-after": "7" }).end();
			case "no HTTP":
				return void socket.end("what?\r\n\r\n");
			case "hang":
				this.hanging++;
				socket.on("close", () => this.hanging--);
				return;
		}
		const entries: (Entry & { readonly key: string })[] = JSON.parse(body);
		this.taken.push(...entries);
		const text = JSON.stringify({ taken: entries.length });
		if (fault === "half an answer") {
			response.writeHead(200, { "content-length": text.length });
			response.write(text.slice(0, 5), () => socket.destroy());
		} else if (fault === "an answer without sense") response.end("<html>");
		else response.end(text);
	}
}
