import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type RenderOptions, renderDashboards } from "./render-dashboards.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
	for (const one of undo.splice(0).reverse()) await one();
});

/** Answers any question with two series that rise, or refuses all. */
async function startServer(refusal?: string): Promise<{ url: string; queries: string[] }> {
	const queries: string[] = [];
	const labels = [{ le: "1" }, { le: "+Inf" }];
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const part of request.setEncoding("utf8")) body += part;
		const asked = new URLSearchParams(body);
		queries.push(asked.get("query") ?? "");
		const start = Number(asked.get("start"));
		const values = Array.from({ length: 12 }, (_, index) => [start + index * 5, String(index)]);
		const answers: Record<string, unknown> = {
			"/api/v1/query_range": { result: labels.map((metric) => ({ metric, values })) },
			"/api/v1/query": { result: labels.map((metric) => ({ metric, value: [start, "0.5"] })) },
			"/api/v1/query_exemplars": [{ exemplars: [{ labels: { trace_id: "a" }, value: "0.5", timestamp: start }] }],
		};
		response.statusCode = refusal === undefined ? 200 : 400;
		response.end(
			JSON.stringify(
				refusal === undefined
					? { status: "success", data: answers[request.url ?? ""] }
					: { status: "error", error: refusal },
			),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	undo.push(() => server.close());
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries };
}

async function options(prometheusUrl: string): Promise<RenderOptions> {
	const out = await mkdtemp(join(tmpdir(), "footlight-render-"));
	undo.push(() => rm(out, { recursive: true }));
	const to = new Date("2026-11-21T20:30:00Z");
	return { prometheusUrl, from: new Date(to.getTime() - 60_000), to, out, htmlOnly: true };
}

test("every committed dashboard can be drawn", async () => {
	const { url, queries } = await startServer();
	const rendered = await renderDashboards({ ...(await options(url)), rateInterval: "8s" });
	const committed = await readdir(join(import.meta.dirname, "../grafana"));
	expect(rendered.map(({ name }) => `footlight-${name}.json`)).toEqual(committed.toSorted());
	for (const { file, empty } of rendered) {
		expect(empty).toEqual([]);
		expect(await readFile(file, "utf8")).not.toMatch(/NaN|undefined|Infinity/);
	}
	// All variables have values, and rates the interval that was asked for.
	expect(queries.filter((query) => query.includes("$"))).toEqual([]);
	expect(queries.some((query) => query.includes("[8s]"))).toBe(true);
});

test("what Prometheus refuses is told with the question", async () => {
	const { url } = await startServer("parse error");
	const failed = renderDashboards({ ...(await options(url)), dashboards: ["overview"] });
	await expect(failed).rejects.toThrow(/answered 400: parse error\n.*pipeline_/);
});

test("wrong options are refused", async () => {
	const right = await options("http://127.0.0.1:9");
	await expect(renderDashboards({ ...right, dashboards: ["nothing"] })).rejects.toThrow(
		/dashboard must be one of .*resilience.*, got "nothing"/,
	);
	await expect(renderDashboards({ ...right, from: right.to })).rejects.toThrow("from must be before to");
	await expect(renderDashboards({ ...right, rateInterval: "often" })).rejects.toThrow('got "often"');
});
