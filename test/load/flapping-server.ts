// The server of the load test, in a process of its own: it is well, fails, is slow and drops connections by schedule, and
// keeps account of every request. It says its port to the parent, and its account when asked for it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { requestNumberHeader, type ServerEnd, type ServerReport, serverEnds } from "./request-end.ts";
import { weatherAt } from "./weather.ts";

const [mostRequests = 0, roundMs = 0, slowMs = 0] = process.argv.slice(2).map(Number);
const ends = new Uint8Array(mostRequests);
const isReceived = new Uint8Array(mostRequests);
let received = 0;
let strange = 0;
let unfinished = 0;
let startMs: number | undefined;

const server = createServer(answer);
// An idle connection that the server closes may be taken for a request at the same moment, which then gets lost.
Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", () => {
	const report: ServerReport = { received, strange, unfinished, ends };
	process.send?.(report);
});
process.on("disconnect", () => process.exit());

function answer(request: IncomingMessage, response: ServerResponse): void {
	startMs ??= performance.now();
	const number = Number(request.headers[requestNumberHeader]);
	received += 1;
	if (isReceived[number] !== 0) {
		strange += 1;
		response.writeHead(400).end();
		return;
	}
	isReceived[number] = 1;
	unfinished += 1;
	switch (weatherAt(performance.now() - startMs, roundMs)) {
		case "healthy":
			if (number % 50 === 7) reply(number, response, "missing", 404);
			else reply(number, response, "ok", 200);
			return;
		case "failing":
			// Half of them ask for more patience than the client has.
			reply(number, response, "failed", 503, { "retry-after": number % 2 === 0 ? "30" : "0.05" });
			return;
		case "slow":
			replyLate(number, response);
			return;
		case "resetting":
			finish(number, "reset");
			request.socket.resetAndDestroy();
	}
}

function reply(number: number, response: ServerResponse, end: ServerEnd, status: number, headers = {}): void {
	finish(number, end);
	response.writeHead(status, headers).end(end);
}

function replyLate(number: number, response: ServerResponse): void {
	const timer = setTimeout(() => {
		response.removeListener("close", left);
		reply(number, response, "ok", 200);
	}, slowMs);
	const left = () => {
		clearTimeout(timer);
		finish(number, "left");
	};
	response.once("close", left);
}

function finish(number: number, end: ServerEnd): void {
	unfinished -= 1;
	ends[number] = serverEnds.indexOf(end);
}
