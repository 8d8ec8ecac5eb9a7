import { afterEach, expect, test } from "vitest";
import type { FaultSchedule } from "../openai-server/fault-schedule.ts";
import { type PassageServer, startPassageServer } from "./passage-server.ts";

const chunks = [1, 2].map((id) => ({ id, source: "lamp.md", heading: "Lamp", text: `text ${id}` }));
const servers: PassageServer[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(readers: number, faults?: FaultSchedule): Promise<PassageServer> {
	const server = await startPassageServer(chunks, readers, faults);
	servers.push(server);
	return server;
}

test("gives the texts asked for, and leaves out those there are not", async () => {
	const server = await start(1, () => undefined);
	const response = await fetch(`${server.url}?ids=2,7,1`);
	expect(await response.json()).toEqual(["text 2", "text 1"]);
});

test("fails as scheduled, says so to health checks before, and counts them apart", async () => {
	const server = await start(1, (request) => (request === 2 ? { kind: "server_error" } : undefined));
	const status = async (path: string) => (await fetch(new URL(path, server.url))).status;
	const seen = [];
	for (const path of ["health", "?ids=1", "health", "?ids=1", "health"]) seen.push(await status(path));
	expect(seen).toEqual([200, 200, 503, 503, 200]);
	expect(server.stats()).toEqual({ requests: 2, failed: 1, healthChecks: 3 });
});

test("fails two of the requests of a first pass, for several readers too", async () => {
	for (const readers of [1, 4]) {
		const server = await start(readers);
		for (let request = 0; request < 23; request++) await (await fetch(`${server.url}?ids=1`)).text();
		expect(server.stats()).toEqual({ requests: 23, failed: 2, healthChecks: 0 });
	}
});
