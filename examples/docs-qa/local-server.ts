import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface LocalServer {
	readonly url: string;
	/** Stops listening and drops every connection. */
	close(): Promise<void>;
}

/** Starts an HTTP server on a free port of 127.0.0.1. */
export async function startLocalServer(
	handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LocalServer> {
	const server = createServer(handle);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		async close() {
			const closed = once(server, "close");
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}
