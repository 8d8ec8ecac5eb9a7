import type { IncomingMessage } from "node:http";
import { answering } from "./listening.fixture.ts";
import { readShipped } from "./shipped.ts";

/** A way to a server under a path, for those who have the token; the rest is answered as gateways do. */
export function gateway(server: string, path: string, token: string): Promise<string> {
	return answering(async (request, response) => {
		const url = request.url ?? "";
		if (!url.startsWith(`${path}/`)) return void response.writeHead(404).end("404 page not found");
		if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end("Unauthorized");
		const answer = await forward(server + url.slice(path.length), request);
		const type = answer.headers.get("content-type") ?? "";
		response.writeHead(answer.status, { "content-type": type }).end(await answer.text());
	});
}

/** A way to a Prometheus that says it has loaded the shipped alerts. */
export async function loadingRules(server: string): Promise<string> {
	const rules = (await readShipped()).rules.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));
	const loaded = rules.flatMap(({ alert }) => (alert === undefined ? [] : [{ name: alert }]));
	return answering(async (request, response) => {
		const url = request.url ?? "";
		if (url.startsWith("/api/v1/rules")) {
			return void response.end(JSON.stringify({ status: "success", data: { groups: [{ rules: loaded }] } }));
		}
		const answer = await forward(server + url, request);
		response.writeHead(answer.status).end(await answer.text());
	});
}

async function forward(url: string, request: IncomingMessage): Promise<Response> {
	const chunks = await Array.fromAsync(request);
	return fetch(url, {
		method: request.method ?? "GET",
		headers: { "content-type": request.headers["content-type"] ?? "" },
		...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
	});
}
