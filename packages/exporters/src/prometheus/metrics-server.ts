import { EventEmitter } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { telemetryFailed, warn } from "@footlight/core";
import { integerFrom, knownOptions, nonEmptyString, refuse } from "@footlight/core/option";
import { plain, send } from "./http.ts";

/** Where metrics are served. */
export interface ListenOptions {
	/** The address to listen on; `0.0.0.0` for all of them, which a container needs. @default OTEL_EXPORTER_PROMETHEUS_HOST, else 127.0.0.1 */
	readonly host?: string;
	/** 0 takes any that is free. @default OTEL_EXPORTER_PROMETHEUS_PORT, else 9464 */
	readonly port?: number;
	/** @default "/metrics" */
	readonly path?: string;
}

export interface MetricsServer {
	/** What a Prometheus on the same machine scrapes. */
	readonly url: string;
	readonly port: number;
	/** Stops listening, and closes what connections are open. */
	close(): Promise<void>;
}

const where = "prometheusExporter: listen";
const conventionalPort = 9464;

/** Serves metrics on a port of their own, without keeping the process alive. */
export async function listen(options: ListenOptions | undefined, handler: RequestListener): Promise<MetricsServer> {
	const { host, port, path } = checked(options);
	const server = createServer((request, response) => {
		if (request.url?.split("?", 1)[0] === path) return handler(request, response);
		send(request.method, response, plain(404, `metrics are at ${path}\n`));
	});
	// Instrumentations of HTTP patch the class's: a scrape is no request of the application's, neither traced nor measured.
	server.emit = EventEmitter.prototype.emit;
	server.on("connection", (socket) => socket.unref());
	await started(server, host, port);
	server.on("error", (error) => telemetryFailed("metrics server", error));
	server.unref();
	const { address, port: taken } = server.address() as AddressInfo;
	return {
		url: `http://${reachable(address)}:${taken}${path}`,
		port: taken,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function started(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", (cause: NodeJS.ErrnoException) => {
			const error = new Error(`prometheusExporter: cannot listen on ${host}:${port}: ${reasonOf(cause)}`, { cause });
			reject(Object.assign(error, { code: cause.code }));
		});
		// Workers of a cluster would share the port, and each scrape would meet another of them.
		server.listen({ port, host, exclusive: true }, resolve);
	});
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
	const another = "or take another with listen({ port }) or OTEL_EXPORTER_PROMETHEUS_PORT (0 is any that is free)";
	if (code === "EADDRINUSE") return `the port is taken (${code}); stop what listens there, ${another}`;
	if (code === "EACCES") return `the process may not take this port (${code}); give it the right to, ${another}`;
	if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
		return `this machine has no such address (${code}); 127.0.0.1 is this machine, 0.0.0.0 all its addresses`;
	}
	return message;
}

function reachable(address: string): string {
	if (address === "0.0.0.0" || address === "::") return "127.0.0.1";
	return address.includes(":") ? `[${address}]` : address;
}

function checked(options: ListenOptions = {}): Required<ListenOptions> {
	knownOptions(where, options, ["host", "port", "path"]);
	const { host = process.env.OTEL_EXPORTER_PROMETHEUS_HOST || "127.0.0.1", port = portFromEnvironment() } = options;
	const { path = "/metrics" } = options;
	nonEmptyString(`${where}: host`, host);
	if (integerFrom(`${where}: port`, port, 0) > 65_535) refuse(RangeError, `${where}: port`, "at most 65535", port);
	if (!nonEmptyString(`${where}: path`, path).startsWith("/"))
		refuse(RangeError, `${where}: path`, "a path from /", path);
	return { host, port, path };
}

function portFromEnvironment(): number {
	const given = process.env.OTEL_EXPORTER_PROMETHEUS_PORT;
	if (given === undefined || given.trim() === "") return conventionalPort;
	const port = Number(given);
	if (/^\d+$/.test(given.trim()) && port <= 65_535) return port;
	warn("FOOTLIGHT_OPTION", `OTEL_EXPORTER_PROMETHEUS_PORT=${given} is no port; ${conventionalPort} is taken instead`);
	return conventionalPort;
}
