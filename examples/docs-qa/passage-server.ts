import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "../openai-server/api-error.ts";
import { type Fault, type FaultSchedule, repeatEvery } from "../openai-server/fault-schedule.ts";
import { sendError, sendJson } from "../openai-server/reply.ts";
import type { Chunk } from "./chunk.ts";
import { type LocalServer, startLocalServer } from "./local-server.ts";

export interface PassageServer extends LocalServer {
	stats(): {
		/** Requests for passages, and how many of them it did not answer well. */
		readonly requests: number;
		readonly failed: number;
		readonly healthChecks: number;
	};
}

function spell(first: number, last: number, fault: Fault): Record<number, Fault> {
	return Object.fromEntries(Array.from({ length: last - first + 1 }, (_, index) => [first + index, fault]));
}

/**
 * Now and then one request fails, or is slow; and once in a while it is out for many in a row, or slow for many.
 *
 * @param readers - so many who ask at the same time: the more they are, the rarer it is
 */
function demoFaultsFor(readers: number): FaultSchedule {
	return repeatEvery(100 + 80 * readers, {
		...{ 5: { kind: "server_error" }, 18: { kind: "server_error" } },
		24: { kind: "slow", delayMs: 400 },
		...spell(60, 77, { kind: "server_error" }),
		...spell(120, 137, { kind: "slow", delayMs: 400 }),
	});
}

/**
 * Serves the texts of passages on 127.0.0.1: `GET /?ids=1,2` gives `["text of 1", "text of 2"]`, `GET /health` tells whether
 * the next such request would be answered.
 */
export async function startPassageServer(
	chunks: readonly Chunk[],
	readers: number,
	faults: FaultSchedule = demoFaultsFor(readers),
): Promise<PassageServer> {
	const texts = new Map(chunks.map(({ id, text }) => [id, text]));
	let requests = 0;
	let failed = 0;
	let healthChecks = 0;
	const unavailable = () => new ApiError(503, "The passages cannot be read at this moment.", { type: "server_error" });

	const server = await startLocalServer(async (request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
		if (pathname === "/health") {
			healthChecks += 1;
			if (faults(requests + 1)?.kind === "server_error") sendError(response, unavailable());
			else sendJson(response, 200, '"ok"');
			return;
		}
		requests += 1;
		const fault = faults(requests);
		if (fault?.kind === "server_error") {
			failed += 1;
			sendError(response, unavailable());
			return;
		}
		if (fault?.kind === "slow") await sleep(fault.delayMs);
		const found = (searchParams.get("ids") ?? "").split(",").flatMap((id) => texts.get(Number(id)) ?? []);
		sendJson(response, 200, JSON.stringify(found));
	});
	return { ...server, stats: () => ({ requests, failed, healthChecks }) };
}
