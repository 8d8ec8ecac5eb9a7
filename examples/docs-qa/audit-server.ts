import { json } from "node:stream/consumers";
import { type LocalServer, startLocalServer } from "./local-server.ts";

export interface AuditServer extends LocalServer {
	/** Requests, those of them it was out for or has refused, and the different entries it has taken. */
	stats(): { readonly requests: number; readonly out: number; readonly refused: number; readonly taken: number };
}

/** The status of what goes wrong with a request, by its number; the first is 1. */
export type AuditFaults = (requestNumber: number) => 400 | 503 | undefined;

/** Out for a request or for six in a row, which are made again until they are taken; and one of forty it refuses for good. */
const demoFaults: AuditFaults = (requestNumber) => {
	const number = ((requestNumber - 1) % 40) + 1;
	if (number === 9) return 400;
	return number === 3 || (number >= 31 && number <= 36) ? 503 : undefined;
};

/** Takes entries of an audit log on 127.0.0.1, each once by its key. */
export async function startAuditServer(faults: AuditFaults = demoFaults): Promise<AuditServer> {
	const keys = new Set<string>();
	const counts = { requests: 0, out: 0, refused: 0 };

	const server = await startLocalServer(async (request, response) => {
		counts.requests += 1;
		const fault = faults(counts.requests);
		const entries = (await json(request)) as readonly { readonly idempotencyKey: string }[];
		if (fault === undefined) {
			for (const { idempotencyKey } of entries) keys.add(idempotencyKey);
		} else if (fault === 503) counts.out += 1;
		else counts.refused += 1;
		response.writeHead(fault ?? 200).end();
	});
	return { ...server, stats: () => ({ ...counts, taken: keys.size }) };
}
