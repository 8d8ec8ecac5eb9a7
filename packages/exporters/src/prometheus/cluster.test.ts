import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parseExposition } from "./exposition.fixture.ts";

const fixture = fileURLToPath(new URL("cluster.fixture.ts", import.meta.url));

describe.each(["prom-client", "@prometheus-io/client"])("a cluster under %s", (library) => {
	test("has the numbers of its workers added up, and the largest of what is no sum", async () => {
		const parameters = ["--conditions=@footlight/source", fixture, library];
		const { stdout } = await promisify(execFile)(process.execPath, parameters, { timeout: 30_000 });
		const { types, values } = parseExposition(stdout);
		expect(Object.fromEntries([...values].filter(([name]) => !name.startsWith("pipeline_telemetry")))).toEqual({
			'jobs_total{outcome="ok"}': 6,
			active: 60,
			utilization_ratio: 0.75,
			'wait_seconds_bucket{le="1"}': 1,
			'wait_seconds_bucket{le="2"}': 2,
			'wait_seconds_bucket{le="+Inf"}': 3,
			wait_seconds_sum: 6,
			wait_seconds_count: 3,
			seen_total: 600,
			'target_info{service_instance_id="worker-1",service_name="clustered"}': 1,
			'target_info{service_instance_id="worker-2",service_name="clustered"}': 1,
			'target_info{service_instance_id="worker-3",service_name="clustered"}': 1,
		});
		expect([types.get("jobs_total"), types.get("wait_seconds")]).toEqual(["counter", "histogram"]);
	});
});
