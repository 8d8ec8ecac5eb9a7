import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "../openai-server/api-error.ts";
import { type FaultSchedule, repeatEvery } from "../openai-server/fault-schedule.ts";
import { sendError, sendJson } from "../openai-server/reply.ts";
import type { Chunk } from "./chunk.ts";

export interface PassageServer {
	readonly url: string;
	/** Requests received. */
	requests(): number;
	close(): Promise<void>;
}

/** Every fourth request fails: another attempt is all it takes. */
const demoFaults: FaultSchedule = repeatEvery(4, { 3: { kind: "server_error" } });

/** Serves the texts of passages on 127.0.0.1: `GET /?ids=1,2` gives `["text of 1", "text of 2"]`. */
export async function startPassageServer(
	chunks: readonly Chunk[],
	faults: FaultSchedule = demoFaults,
): Promise<PassageServer> {
	const texts = new Map(chunks.map(({ id, text }) => [id, text]));
	let requests = 0;

	const server = createServer((request, response) => {
		requests += 1;
		if (faults(requests) !== undefined) {
			sendError(response, new ApiError(503, "The passages cannot be read at this moment.", { type: "server_error" }));
			return;
		}
		const asked = new URL(request.url ?? "/", "http://localhost").searchParams.get("ids") ?? "";
		const found = asked.split(",").flatMap((id) => texts.get(Number(id)) ?? []);
		sendJson(response, 200, JSON.stringify(found));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		requests: () => requests,
		async close() {
			const closed = once(server, "close");
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}
