import { join } from "node:path";
import { openedAndClosed } from "../../../dashboards/proof/story.ts";
import { root } from "../../../scripts/command.ts";
import { freePorts, isFree, startService } from "../../../stack/service.ts";
import { breakerNumbers, breakerTimelines } from "../breaker-timelines.ts";
import { eventually } from "../eventually.ts";
import { findTraces } from "../jaeger-api.ts";
import type { Stack } from "../stack.ts";
import { NotRun } from "./check.ts";

/** What `npm run stack` starts without Docker is where it says, has data, and is gone after Ctrl-C. */
export async function stackCommand({ programs, endsWith }: Stack): Promise<string> {
	if (programs === undefined) throw new NotRun("the stack is in containers");
	const ports = await freePorts(4);
	const [ui = 0, prometheus = 0, otlpHttp = 0, otlpGrpc = 0] = ports;
	const moved = {
		...{ JAEGER_UI_PORT: String(ui), PROMETHEUS_PORT: String(prometheus) },
		...{ OTLP_HTTP_PORT: String(otlpHttp), OTLP_GRPC_PORT: String(otlpGrpc) },
		// Where Docker is installed, no engine is there.
		DOCKER_HOST: "unix:///nonexistent/docker.sock",
	};
	const startedAt = Date.now();
	const command = await startService({
		...{ name: "npm run stack", command: process.execPath, args: [join(root, "stack/run.ts")] },
		...{ env: { ...process.env, ...moved }, readyUrl: `http://127.0.0.1:${ui}`, stopSignal: "SIGINT" },
		// It has others to end, each of which may take its time.
		graceMs: 60_000,
	});
	endsWith(async () => void (await command.stop()));
	await eventually(60_000, async () => {
		return command.stdout().includes("Ctrl-C") ? { found: true } : { missing: `where it is in ${command.lastLines()}` };
	});
	for (const place of [`Jaeger      http://127.0.0.1:${ui}\n`, `Prometheus  http://127.0.0.1:${prometheus}\n`]) {
		if (!command.stdout().includes(place)) throw new Error(`it does not say ${place}:\n${command.stdout()}`);
	}
	await eventually(60_000, async () => {
		const url = `http://127.0.0.1:${ui}`;
		const found = await findTraces(url, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
		return found.length > 0 ? { found } : { missing: "traces of the demo" };
	});
	const course = await breakersThatClose(`http://127.0.0.1:${prometheus}`, startedAt);
	const ended = await command.stop();
	if (ended !== 0) throw new Error(`it ended with ${ended} after Ctrl-C:\n${command.lastLines()}`);
	const free = await Promise.all(ports.map(isFree));
	if (free.includes(false)) throw new Error("something still listens where it was");
	return `traces in Jaeger; breakers in Prometheus: ${course}; nothing is left of it`;
}

/** Within two minutes. Prometheus looks every few seconds, which may look past half-open. */
async function breakersThatClose(url: string, startedAt: number): Promise<string> {
	const breakers = await eventually(120_000, async () => {
		const answer = await breakerTimelines(url, startedAt);
		const found = answer.filter(({ values }) => openedAndClosed(values, breakerNumbers)).length;
		return found > 0 ? { found } : { missing: `a breaker of ${answer.length} that opens and closes` };
	});
	return `${breakers} opened and closed within ${Math.round((Date.now() - startedAt) / 1_000)} s`;
}
