import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerReport } from "./request-end.ts";

export interface ServerProcess {
	readonly port: number;
	/** The server's account, once it has seen this many requests and is done with them; at the latest after some seconds. */
	report(requests: number): Promise<ServerReport>;
	stop(): void;
}

export interface ServerSettings {
	readonly mostRequests: number;
	/** Length of a round of the schedule. */
	readonly roundMs: number;
	/** How late a slow answer comes. */
	readonly slowMs: number;
}

const patienceMs = 5_000;
const pauseMs = 50;

/** Starts the flapping server in a process of its own: the two machines of a real call have two event loops, too. */
export async function startServer({ mostRequests, roundMs, slowMs }: ServerSettings): Promise<ServerProcess> {
	const child = fork(join(import.meta.dirname, "flapping-server.ts"), [mostRequests, roundMs, slowMs].map(String), {
		serialization: "advanced",
		execArgv: [],
	});
	const { port } = (await answerOf(child)) as { readonly port: number };
	return {
		port,
		async report(requests) {
			const untilMs = performance.now() + patienceMs;
			for (;;) {
				child.send("report");
				const report = (await answerOf(child)) as ServerReport;
				const isDone = report.received >= requests && report.unfinished === 0;
				if (isDone || performance.now() > untilMs) return report;
				await sleep(pauseMs);
			}
		},
		stop: () => child.disconnect(),
	};
}

async function answerOf(child: ChildProcess): Promise<unknown> {
	const left = once(child, "exit").then(() => Promise.reject(new Error("the server of the load test has ended")));
	left.catch(() => {});
	const [message] = await Promise.race([once(child, "message"), left]);
	return message;
}
