import { answering } from "./listening.fixture.ts";

/** A way to a server under a path, for those who have the token; the rest is answered as gateways do. */
export function gateway(server: string, path: string, token: string): Promise<string> {
	return answering(async (request, response) => {
		const url = request.url ?? "";
		if (!url.startsWith(`${path}/`)) return void response.writeHead(404).end("404 page not found");
		if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end("Unauthorized");
		const chunks = await Array.fromAsync(request);
		const answer = await fetch(server + url.slice(path.length), {
			method: request.method ?? "GET",
			headers: { "content-type": request.headers["content-type"] ?? "" },
			...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
		});
		const type = answer.headers.get("content-type") ?? "";
		response.writeHead(answer.status, { "content-type": type }).end(await answer.text());
	});
}
