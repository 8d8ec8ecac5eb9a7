// Long because its tests share one application and one Prometheus, which take seconds to start.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasPrometheus, type PrometheusServer, startPrometheus } from "../../../../test/prometheus-server.ts";
import { type App, renaming, startApp } from "./app.fixture.ts";
import { check } from "./check.ts";
import { dashboards } from "./command-line.fixture.ts";
import { seriesOf } from "./expression.ts";
import type { Finding } from "./finding.ts";
import { gateway, loadingRules } from "./gateway.fixture.ts";
import { answering, saying } from "./listening.fixture.ts";
import { connectPrometheus } from "./prometheus.ts";
import { readShipped } from "./shipped.ts";
import { lookAround } from "./surroundings.ts";

interface Report {
	readonly ok: boolean;
	readonly prometheus: { readonly version: string };
	readonly seconds: Readonly<Record<"range" | "step" | "scrapeInterval" | "rateInterval", number>>;
	readonly problems: readonly { readonly code: string; readonly message: string; readonly cure: string }[];
	readonly files: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
}

async function report(url: string, ...parameters: string[]): Promise<Report & { code: number }> {
	const { code, stdout, stderr } = await dashboards(
		"check",
		"--prometheus",
		url,
		"--range",
		"1m",
		"--json",
		...parameters,
	);
	expect(stderr).toBe("");
	return { code, ...JSON.parse(stdout) };
}
const findingsIn = ({ files }: Report) => files.flatMap(({ findings }) => findings);
const inState = (one: Report, state: string) => findingsIn(one).filter((finding) => finding.state === state);

/** Waits until a Prometheus has more than one scrape of a metric. */
const scraped = (prometheus: PrometheusServer, metric: string, value = 0) =>
	vi.waitFor(
		async () => {
			const [counted] = await prometheus.query(`max(count_over_time(${metric}[1m])) > 4 and max(${metric}) > ${value}`);
			expect(counted).toBeDefined();
		},
		{ timeout: 15_000, interval: 100 },
	);

describe.skipIf(!hasPrometheus)("against a real Prometheus", () => {
	let app: App;
	let prometheus: PrometheusServer;
	let found: Report & { code: number };
	beforeAll(async () => {
		app = await startApp();
		prometheus = await startPrometheus(app.target);
		await app.work();
		await scraped(prometheus, "pipeline_runs_total");
		await app.work();
		await scraped(prometheus, "pipeline_runs_total", 6);
		found = await report(prometheus.url);
	});
	afterAll(async () => {
		await prometheus?.close();
		await app?.close();
	});

	test("says of everything what it shows, and blames no panel for what the application does not use", async () => {
		const everything = await prometheus.query('count by (__name__) (last_over_time({__name__=~".+"}[5m]))');
		const served = new Set(everything.map(({ labels }) => labels.__name__));
		expect(found.problems.map(({ code }) => code)).toEqual(["rules-not-loaded"]);
		expect(inState(found, "error")).toEqual([]);
		expect(inState(found, "wrong")).toEqual([]);
		for (const { queries } of findingsIn(found)) {
			for (const { expression, state, reason } of queries) {
				if (expression.startsWith("label_values")) continue;
				const metrics = seriesOf(expression).flatMap(({ metric }) => metric ?? []);
				const absent = metrics.filter((name) => !served.has(name));
				// What it shows without any of its series would be made up.
				if (state === "data" && !expression.startsWith("absent"))
					expect(absent.length, expression).toBeLessThan(metrics.length);
				// The process's own come when there is something to tell: perhaps since the report.
				const isLate = /emitted (?:v8js|nodejs)_/.test(reason?.message ?? "");
				if (reason?.code === "metric-absent" && !isLate) {
					expect(
						absent.some((name) => reason.message.includes(name)),
						reason.message,
					).toBe(true);
				}
			}
		}
		expect(inState(found, "unused").length).toBeGreaterThan(5);
		expect(inState(found, "data").length).toBeGreaterThan(20);
	});

	test("a breaker's state is 0 so far, and calls through it have data", async () => {
		const by = (text: string) =>
			findingsIn(found).filter(({ kind, queries }) => kind === "panel" && queries[0]?.expression.includes(text));
		expect(by("pipeline_circuit_breaker_calls_total")[0]).toMatchObject({ state: "data" });
		expect(by("pipeline_circuit_breaker_transitions_total")[0]).toMatchObject({
			state: "zero",
			reason: { code: "all-zero" },
		});
		expect((await report(prometheus.url, "resilience")).files.map(({ name }) => name)).toEqual(["resilience"]);
	});

	test("exits with 1 where panels have no data, and with 0 where only what is wrong counts", async () => {
		expect(found).toMatchObject({ ok: false, code: 1 });
		const loaded = await loadingRules(prometheus.url);
		expect(await report(loaded, "--lenient")).toMatchObject({ ok: true, code: 0, problems: [] });
	});

	test("rules that are not loaded are not forgiven, unless only dashboards are asked for", async () => {
		const { code, stdout } = await dashboards("check", "--prometheus", prometheus.url, "--range", "1m", "--lenient");
		const problem = "✗ This Prometheus has not loaded the shipped alerts and recording rules: no alert can fire.";
		expect(code).toBe(1);
		expect(stdout.split("\n")[2]).toBe(problem);
		expect(stdout.trimEnd().split("\n").at(-1)).toBe(problem);
		expect(await report(prometheus.url, "overview", "--lenient")).toMatchObject({ code: 0, problems: [] });
	});

	test("takes the intervals from how often the server scrapes", () => {
		const { seconds, prometheus: server } = found;
		expect(seconds).toEqual({ range: 60, step: 1, scrapeInterval: 0.2, rateInterval: 1.2 });
		expect(server.version).toMatch(/^\d+\.\d+/);
	});

	test("a job that is not there is told, with those that are", async () => {
		const { code, stdout } = await dashboards("check", "--prometheus", prometheus.url, "--job", "application");
		expect(code).toBe(1);
		expect(stdout.trimEnd().split("\n").slice(1)).toEqual([
			"",
			'✗ No metric of Footlight has the job "application" in this time; there is app.',
			"    → Give --job as Prometheus has it, or leave it out.",
		]);
		expect(await report(prometheus.url, "overview", "--job", "app", "--lenient")).toMatchObject({ code: 0 });
	});

	test("alerts do not fire, and say so; without the rules, what they record is not there", () => {
		const rules = found.files.filter(({ name }) => name.endsWith(".yaml")).flatMap(({ findings }) => findings);
		expect(rules.filter(({ reason }) => reason?.code === "no-value").map(({ reason }) => reason?.message)).toContain(
			"does not fire",
		);
		const recorded = found.files
			.flatMap(({ findings }) => findings)
			.filter(({ reason }) => reason?.code === "rules-not-loaded");
		expect(recorded.length).toBeGreaterThan(0);
		expect(recorded[0]?.reason?.cure).toContain("export --rules");
	});

	test("an application that is gone is told apart from one that never was", async () => {
		const shipped = await readShipped();
		const server = await connectPrometheus({
			...{ product: "Prometheus", base: prometheus.url, headers: {}, timeoutMs: 10_000, credentials: "" },
		});
		const later = await lookAround(server, shipped, () => Date.now() / 1_000 + 3_600, 60);
		const files = await check(shipped, new Map(), later);
		const codes = new Set(files.flatMap(({ findings }) => findings.map(({ reason }) => reason?.code)));
		expect(codes).toContain("not-in-range");
		expect(codes).toContain("metric-absent");
		expect(codes).not.toContain("all-zero");
	});

	test("prints every panel, a table, and each cure once", async () => {
		const { code, stdout } = await dashboards("check", "--prometheus", `${prometheus.url}/`, "--range", "1m");
		expect(code).toBe(1);
		expect(stdout.split("\n")[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \(2\.\d+.*\): the last 1m, scraped every 200ms$/);
		const shipped = await readShipped();
		for (const { content, name } of shipped.dashboards) {
			expect(stdout).toContain(`${content.title} (${name})`);
			expect(stdout).toMatch(new RegExp(`^${name}( +\\d+){7}$`, "m"));
			for (const { title = "", type } of content.panels) if (type !== "row") expect(stdout).toContain(` ${title}`);
		}
		const cures = stdout.split("\n").filter((line) => line.includes("→"));
		expect(new Set(cures).size).toBe(cures.length);
	});

	test("names of another exporter are recognised, with the cure", async () => {
		// As OpenTelemetry's own exporter for Prometheus names them.
		const renamed = await renaming(app, (text) => text.replaceAll(/_(seconds|ratio)(?=[_{ ])/g, ""));
		const drifted = await startPrometheus(renamed.target);
		try {
			await scraped(drifted, "pipeline_run_duration_bucket");
			const other = await report(drifted.url, "--lenient");
			expect(other.code).toBe(1);
			const wrong = inState(other, "wrong").filter(({ reason }) => reason?.code === "other-name");
			expect(wrong.length).toBeGreaterThan(3);
			expect(wrong.map(({ reason }) => reason?.message)).toContain(
				"pipeline_run_duration_seconds_bucket is not there, but pipeline_run_duration_bucket is: another exporter named it, without _seconds",
			);
			for (const { reason } of wrong) expect(reason?.cure).toMatch(/startTelemetry\(\)/);
			expect(other.problems.map(({ code }) => code)).toEqual(["rules-not-loaded"]);
		} finally {
			await drifted.close();
			renamed.close();
		}
	});

	test("an application that is scraped no more is a problem, with its target, though its samples are in range", async () => {
		const served = await renaming(app, (text) => text);
		const left = await startPrometheus(served.target);
		try {
			await scraped(left, "pipeline_sdk_info");
			expect((await report(left.url, "overview", "--lenient")).problems).toEqual([]);
			served.close();
			const isStale = async () => expect(await left.query("pipeline_sdk_info")).toEqual([]);
			await vi.waitFor(isStale, { timeout: 10_000, interval: 100 });
			const { code, problems, files } = await report(left.url, "overview", "--lenient", "--job", "app");
			expect(code).toBe(1);
			expect(problems).toEqual([
				{
					code: "nobody-scraped",
					message:
						'No application of Footlight of job "app" is scraped any more: pipeline_sdk_info had samples in this time, and has none now, and 1 of its 1 targets are down.',
					cure: expect.stringMatching(
						/^Look at the targets that are down: http:\/\/127.0.0.1:\d+\/metrics \(.*connect.*\)\.$/,
					),
				},
			]);
			expect(files.map(({ name }) => name)).toEqual(["overview"]);
		} finally {
			served.close();
			await left.close();
		}
	});

	test("a Prometheus that has nothing of Footlight is told as one problem, with its targets that are down", async () => {
		const gone = await startPrometheus("127.0.0.1:1");
		try {
			const isDown = async () => {
				const response = await fetch(`${gone.url}/api/v1/targets`);
				const { data } = (await response.json()) as { data: { activeTargets: { health: string }[] } };
				expect(data.activeTargets[0]?.health).toBe("down");
			};
			await vi.waitFor(isDown, { timeout: 10_000, interval: 100 });
			const { code, problems, files } = await report(gone.url);
			expect(code).toBe(1);
			expect(problems).toEqual([
				{
					code: "no-metrics",
					message: "No metric of Footlight has reached this Prometheus in this time, and 1 of its 1 targets are down.",
					cure: expect.stringMatching(/: http:\/\/127.0.0.1:1\/metrics \(.*connection refused\)\.$/),
				},
			]);
			expect(files).toEqual([]);
		} finally {
			await gone.close();
		}
	});

	test("a Prometheus behind a gateway is reached under its path, with its token", async () => {
		const url = await gateway(prometheus.url, "/prometheus", "s3cret-token");
		const ask = (...more: string[]) => dashboards("check", "overview", "--lenient", "--range", "1m", ...more);
		const refused = await ask("--prometheus", `${url}/prometheus`);
		expect(refused).toEqual({
			code: 2,
			stdout: "",
			stderr: `footlight dashboards check: ${url}/prometheus answered 401: it wants credentials, or other ones\n    → Set PROMETHEUS_TOKEN, or give --header "Authorization: ...".\n`,
		});
		expect(
			(await ask("--prometheus", `${url}/prometheus`, "--header", "Authorization: Bearer s3cret-token")).code,
		).toBe(0);
		vi.stubEnv("PROMETHEUS_TOKEN", "s3cret-token");
		expect((await ask("--prometheus", `${url}/prometheus/`)).code).toBe(0);
		expect((await ask("--prometheus", url)).stderr).toContain(`→ Give ${url}/prometheus.`);
		expect((await ask("--prometheus", `${url}/prometheus/graph`)).stderr).toContain(`→ Give ${url}/prometheus.`);
	});
});

const asPrometheus = (version: string) =>
	answering((request, response) => {
		response.setHeader("content-type", "application/json");
		if (!request.url?.startsWith("/api/v1/status/buildinfo")) return void response.writeHead(404).end("{}");
		response.end(JSON.stringify({ status: "success", data: { version, revision: "0", goVersion: "go1.17" } }));
	});

test("an alert whose condition holds is marked, and counted apart, whatever the value of its series", async () => {
	const url = await answering(async (request, response) => {
		const query = new URLSearchParams(Buffer.concat(await Array.fromAsync(request)).toString()).get("query") ?? "";
		// Nothing has gone, and everything else is there, and 0.
		const result = query.includes(" unless count(") ? [] : [{ metric: { job: "app" }, value: [1, "0"] }];
		const isQuery = request.url?.startsWith("/api/v1/query") === true;
		const other = request.url?.includes("/values") ? [] : {};
		response.end(JSON.stringify({ status: "success", data: isQuery ? { resultType: "vector", result } : other }));
	});
	const { stdout } = await dashboards("check", "--prometheus", url);
	expect(stdout).toContain("  ! alert PipelineRetryStorm: its condition holds now\n");
	const alerts = findingsIn(await report(url)).filter(({ kind }) => kind === "alert");
	expect(new Set(alerts.map(({ state }) => state))).toEqual(new Set(["holds"]));
	expect(stdout).toMatch(new RegExp(`^footlight.rules.yaml +\\d+ +\\d+ +${alerts.length} `, "m"));
});

test("a Prometheus that is too old is refused", async () => {
	const url = await asPrometheus("2.30.3");
	expect((await dashboards("check", "--prometheus", url)).stderr).toBe(
		`footlight dashboards check: ${url} is Prometheus 2.30.3, which is too old for the dashboards and alerts\n    → Update it to 2.42 or newer.\n`,
	);
});

test("what is no Prometheus is told so", async () => {
	const complaint = async (url: string) => (await dashboards("check", "--prometheus", url)).stderr;
	expect(await complaint(await saying(404, "nothing"))).toContain("answered 404: no Prometheus is served under this");
	expect(await complaint(await saying(200, "<html>", { "content-type": "text/html" }))).toContain("with a web page");
	expect(await complaint(await saying(200, '{"hello":1}'))).toContain("does not answer as Prometheus, but with");
	expect(await complaint(await saying(403, "no"))).toContain("answered 403: these credentials may not ask it");
	expect(await complaint(await saying(502, "bad gateway"))).toContain("answered 502: bad gateway");
});

test("JSON of another shape is told in one sentence", async () => {
	const ended = async (data: unknown) => {
		const url = await saying(200, JSON.stringify({ status: "success", data }));
		const { code, stdout, stderr } = await dashboards("check", "--prometheus", url);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		return stderr;
	};
	for (const data of [[1, 2, 3], null, "text", { version: 3 }, { resultType: "vector", result: [null] }]) {
		expect(await ended(data)).toMatch(/does not answer as Prometheus, but with .+\n {4}→ Give the address .+\n$/);
	}
});

test("null among the series of an answer is told in one sentence", async () => {
	const url = await answering((request, response) => {
		const result = { resultType: "vector", result: null };
		const data = request.url?.includes("/query") ? result : request.url?.includes("/values") ? ["up"] : {};
		response.end(JSON.stringify({ status: "success", data }));
	});
	expect(await dashboards("check", "--prometheus", url)).toMatchObject({
		code: 2,
		stdout: "",
		stderr: expect.stringContaining("does not answer as Prometheus, but with"),
	});
});

test("one that gives no answer is not waited for", async () => {
	const url = await answering(() => {});
	const { code, stderr } = await dashboards("check", "--prometheus", url, "--timeout", "1s");
	expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("gave no answer in 1 s") });
});

test("options are checked", async () => {
	const complaint = async (...parameters: string[]) => (await dashboards("check", ...parameters)).stderr;
	const url = "http://127.0.0.1:1";
	expect(await complaint("--prometheus", url, "--rnage", "1m")).toContain("Unknown option '--rnage'");
	expect(await complaint("--prometheus", url, "--range", "soon")).toContain(
		'--range must be a duration such as 30s, 30m or 6h, got "soon"',
	);
	expect(await complaint("--prometheus", url, "--range", "90d")).toContain("--range must lie between 1m and 30d");
	expect(await complaint("--prometheus", "localhost:9090")).toContain("→ Write http://localhost:9090.");
	expect(await complaint()).toContain("--prometheus is missing");
	expect(await complaint("--prometheus", url, "--job", "")).toContain("--job must be the name of a job, got an empty");
	expect(await complaint("nope", "--prometheus", url)).toContain('there is no dashboard "nope"');
});
