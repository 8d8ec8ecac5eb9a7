// A web server whose runs stand below the HTTP server's own spans, with no set-up in the code: started by `register`.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { footlight } from "@footlight/core";
import { trace } from "@opentelemetry/api";

const light = footlight("greeter");

const greet = light.stage("greet", async function* (name: string) {
	yield "hello, ";
	yield name;
});

const server = createServer(async (request, response) => {
	const name = new URL(request.url ?? "/", "http://localhost").searchParams.get("name") ?? "nobody";
	// Inside the server's span, so a child of it: one trace from the caller to the last word.
	await light.run({ requestId: String(request.headers["x-request-id"] ?? "none") }, async () => {
		response.setHeader("x-trace-id", trace.getActiveSpan()?.spanContext().traceId ?? "none");
		for await (const word of greet(name)) response.write(word);
	});
	response.end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

// A caller in the same program: its span, the server's and the run's are one trace.
const caller = footlight("caller");
await caller.run(async () => {
	const response = await fetch(`http://127.0.0.1:${port}/?name=ada`, { headers: { "x-request-id": "request-1" } });
	console.log(await response.text());
	const same = response.headers.get("x-trace-id") === trace.getActiveSpan()?.spanContext().traceId;
	console.log(same ? "one trace for caller and server" : "two traces");
});

server.close();
server.closeAllConnections();
