import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from "node:net";
import { gunzipSync } from "node:zlib";

export interface ReceivedRequest {
	readonly method: string;
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

type Answering = (response: ServerResponse, request: IncomingMessage) => unknown;

/** A real server on loopback: what it answers is set by the test, what it was asked is kept. */
export interface AnsweringServer {
	readonly url: string;
	readonly requests: readonly ReceivedRequest[];
	/** Connections that are open at this moment. */
	readonly open: number;
	/** Connections there have ever been. */
	readonly accepted: number;
	answer(how: Answering): void;
	close(): Promise<void>;
}

export async function startAnsweringServer(): Promise<AnsweringServer> {
	const requests: ReceivedRequest[] = [];
	let answering: Answering = (response) => response.end("{}");
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const { method = "", url = "", headers } = request;
		const raw = Buffer.concat(chunks);
		const body = (headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString("utf8");
		requests.push({ method, path: url, headers, body });
		answering(response, request);
	});
	return Object.assign(await listening(server), {
		requests,
		answer(how: Answering) {
			answering = how;
		},
	});
}

/** A server that answers whatever it is sent with bytes that a test chooses. */
export async function startRawServer(answer: (socket: Socket) => void): Promise<AnsweringServer> {
	const server = createRawServer((socket) => socket.once("data", () => answer(socket)));
	return Object.assign(await listening(server), { requests: [], answer() {} });
}

async function listening(server: Server): Promise<Omit<AnsweringServer, "requests" | "answer">> {
	const sockets = new Set<Socket>();
	let accepted = 0;
	server.on("connection", (socket: Socket) => {
		accepted++;
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			for (const socket of sockets) socket.destroy();
		});
	return {
		url: `http://127.0.0.1:${port}/hook`,
		close,
		get open() {
			return sockets.size;
		},
		get accepted() {
			return accepted;
		},
	};
}
