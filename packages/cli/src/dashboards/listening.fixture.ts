import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { onTestFinished } from "vitest";

/** Runs a server on loopback until the test ends, and resolves to its port. */
export async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.close();
		if ("closeAllConnections" in server) (server as HttpServer).closeAllConnections();
	});
	return (server.address() as AddressInfo).port;
}

/** Runs an HTTP server, and resolves to its address. */
export async function answering(listener: RequestListener): Promise<string> {
	return `http://127.0.0.1:${await listening(createServer(listener))}`;
}

/** Runs an HTTP server that says the same to everybody. */
export function saying(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
	return answering((_, response) => response.writeHead(status, headers).end(body));
}
