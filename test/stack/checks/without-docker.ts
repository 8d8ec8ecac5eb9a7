import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openedAndClosed } from "../../../dashboards/proof/story.ts";
import { root } from "../../../scripts/command.ts";
import { freePorts, isFree } from "../../../stack/service.ts";
import { eventually } from "../eventually.ts";
import { findTraces } from "../jaeger-api.ts";
import type { Stack } from "../stack.ts";
import { states, timelines } from "./breaker-panel.ts";
import { NotRun } from "./check.ts";

/** What `npm run stack` starts without Docker is where it says, has data, and is gone after Ctrl-C. */
export async function withoutDocker({ programs, endsWith }: Stack): Promise<string> {
	if (programs === undefined) throw new NotRun("the stack is in containers");
	const [ui = 0, prometheus = 0, otlpHttp = 0, otlpGrpc = 0] = await freePorts(4);
	const moved = {
		...{ JAEGER_UI_PORT: String(ui), PROMETHEUS_PORT: String(prometheus) },
		...{ OTLP_HTTP_PORT: String(otlpHttp), OTLP_GRPC_PORT: String(otlpGrpc) },
		// Wherever Docker is installed, no engine is there.
		DOCKER_HOST: "unix:///nonexistent/docker.sock",
	};
	const startedAt = Date.now();
	const child = spawn(process.execPath, [join(root, "stack/run.ts")], { cwd: root, env: { ...process.env, ...moved } });
	const exited = once(child, "exit");
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
		await exited;
	};
	endsWith(stop);
	let said = "";
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
	try {
		await eventually(60_000, async () => {
			if (child.exitCode !== null) throw new Error(`npm run stack ended with ${child.exitCode}:\n${said}`);
			return said.includes("Ctrl-C") ? { found: true } : { missing: `a word of where it is; it said:\n${said}` };
		});
		for (const place of [`Jaeger      http://127.0.0.1:${ui}`, `Prometheus  http://127.0.0.1:${prometheus}`]) {
			if (!said.includes(`${place}\n`)) throw new Error(`it does not say "${place}":\n${said}`);
		}
		await eventually(60_000, async () => {
			const url = `http://127.0.0.1:${ui}`;
			const found = await findTraces(url, { service: "docs-qa", operation: "docs-qa", fromMs: startedAt });
			return found.length > 0 ? { found } : { missing: "traces of the demo" };
		});
		const course = await breakersThatClose(`http://127.0.0.1:${prometheus}`, startedAt);
		await stop();
		if (child.exitCode !== 0)
			throw new Error(`it ended with ${child.exitCode ?? child.signalCode} after Ctrl-C:\n${said}`);
		const free = await Promise.all([ui, prometheus, otlpHttp, otlpGrpc].map(isFree));
		if (free.includes(false)) throw new Error("something still listens where it was");
		return `traces in Jaeger; breakers in Prometheus: ${course}; nothing is left of it`;
	} finally {
		await stop();
	}
}

/** Within two minutes. Prometheus looks every few seconds, which may look past half-open. */
async function breakersThatClose(url: string, startedAt: number): Promise<string> {
	const breakers = await eventually(120_000, async () => {
		const answer = await timelines(url, startedAt);
		const found = answer.filter(({ values }) => openedAndClosed(values, states)).length;
		return found > 0 ? { found } : { missing: `a breaker of ${answer.length} that opens and closes` };
	});
	return `${breakers} opened and closed within ${Math.round((Date.now() - startedAt) / 1_000)} s`;
}
