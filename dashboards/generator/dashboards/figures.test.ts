import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasPrometheus } from "../../../test/prometheus-server.ts";
import { committedDashboards, panelsOf, withValues } from "../committed.fixture.ts";

const app = 'job="docs-qa",instance="a"';
const ofPipeline = `${app},pipeline_name="docs-qa"`;
const ofAnswer = `${ofPipeline},stage_name="answer"`;
const folder = mkdtempSync(join(tmpdir(), "footlight-figures-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Series by their selectors, in promtool's notation: one value every 15 seconds. */
type Given = Readonly<Record<string, string>>;

/** What a panel says, by labels, as a real Prometheus works it out. */
type Said = Readonly<Record<string, number>>;

/** Holds a query of a panel, as committed, to what it has to say after so many minutes; rounded to thousandths. */
function expectPanel(
	[uid, title, query = 0]: readonly [string, string, number?],
	minutes: number,
	given: Given,
	said: Said,
): void {
	const dashboard = committedDashboards.find((each) => each.uid === `footlight-${uid}`);
	const panel = dashboard && panelsOf(dashboard).find((each) => each.title === title);
	const target = panel?.targets?.[query];
	if (dashboard === undefined || target === undefined) throw new Error(`no query ${query} of ${title} on ${uid}`);
	const test = {
		interval: "15s",
		input_series: Object.entries(given).map(([series, values]) => ({ series, values })),
		promql_expr_test: [
			{
				expr: `round(${withValues(target.expr, dashboard)}, 0.001)`,
				eval_time: `${minutes}m`,
				exp_samples: Object.entries(said).map(([labels, value]) => ({ labels, value })),
			},
		],
	};
	const path = join(folder, "test.yaml");
	writeFileSync(path, JSON.stringify({ tests: [test] }));
	const { stdout, stderr } = spawnSync("promtool", ["test", "rules", path], { encoding: "utf8" });
	expect(`${stdout}${stderr}`).toContain("SUCCESS");
}

describe.skipIf(!hasPrometheus)("figures of panels", () => {
	it("says that each call is one attempt where nothing has ever been tried again", () => {
		const given = { [`pipeline_retry_calls_total{${ofAnswer},retry_result="success"}`]: "0+3x40" };
		expectPanel(["overview", "Retry amplification"], 5, given, { "{}": 1 });
	});

	it("counts a run as failed that an open breaker refused, and not one that a rate limit refused", () => {
		const duration = `pipeline_run_duration_seconds_count{${ofPipeline},outcome="rejected"`;
		const given = {
			[`pipeline_runs_total{${ofPipeline},outcome="ok"}`]: "0+5x40",
			[`pipeline_runs_total{${ofPipeline},outcome="rejected"}`]: "0+5x40",
			[`${duration},error_type="rate_limited"}`]: "0+4x40",
			[`${duration},error_type="circuit_open"}`]: "0+1x40",
		};
		expectPanel(["overview", "Failed runs"], 5, given, { "{}": 0.1 });
		expectPanel(["overview", "Error budget burn"], 5, given, { "{}": 10 });
	});

	it("says nothing of durations in a pause, rather than a figure that is none", () => {
		const bucket = `pipeline_run_duration_seconds_bucket{${ofPipeline},outcome="ok"`;
		const given = { [`${bucket},le="1"}`]: "4x40", [`${bucket},le="+Inf"}`]: "4x40" };
		expectPanel(["overview", "Run duration, p95"], 5, given, {});
	});

	it("counts the breakers that are open, not the processes that have them open", () => {
		const state = (instance: string, name: string, value: number) => ({
			[`pipeline_circuit_breaker_state{job="docs-qa",instance="${instance}",circuit_breaker_name="${name}",circuit_breaker_state="open"}`]: `${value}x40`,
		});
		const given = { ...state("a", "model", 1), ...state("b", "model", 1), ...state("a", "fetch", 0) };
		expectPanel(["overview", "Breakers open"], 5, given, { "{}": 1 });
	});

	it("has money in the sum that belongs to no stage and no model", () => {
		const given = {
			[`pipeline_cost_usd_total{${ofAnswer},gen_ai_request_model="extractive-1",cost_source="local"}`]: "0+1x40",
			[`pipeline_cost_usd_total{${ofPipeline},cost_source="reported"}`]: "0+1x40",
		};
		expectPanel(["cost", "USD per hour"], 5, given, { "{}": 480 });
	});

	it("gives each stage its cost of a run, by the runs of its own pipeline", () => {
		const runs = (pipeline: string, values: string) => ({
			[`pipeline_runs_total{${app},pipeline_name="${pipeline}",outcome="ok"}`]: values,
		});
		const given = {
			...runs("docs-qa", "0+2x160"),
			...runs("other", "0+100x160"),
			[`pipeline_cost_usd_total{${ofAnswer},gen_ai_request_model="extractive-1",cost_source="local"}`]: "0+1x160",
		};
		expectPanel(["overview", "Stages", 4], 40, given, { '{pipeline_name="docs-qa",stage_name="answer"}': 0.5 });
	});

	it("says that no call is unpriced where none ever was, and tells the very first", () => {
		const tokens = { [`pipeline_tokens_total{${ofAnswer},gen_ai_token_type="input"}`]: "0+9x40" };
		expectPanel(["cost", "Unpriced calls"], 5, tokens, { "{}": 0 });
		const first = { [`pipeline_cost_unpriced_total{${ofAnswer},gen_ai_request_model="titles-1"}`]: "_x16 1x24" };
		expectPanel(["cost", "Unpriced calls"], 5, { ...tokens, ...first }, { "{}": 1 });
		expectPanel(["cost", "Unmetered calls"], 5, tokens, { "{}": 0 });
	});

	it("says that nothing is wasted where nothing ever was", () => {
		const given = {
			[`pipeline_cost_usd_total{${ofAnswer},gen_ai_request_model="extractive-1",cost_source="local"}`]: "0+1x40",
			[`pipeline_tokens_total{${ofAnswer},gen_ai_token_type="input"}`]: "0+9x40",
		};
		expectPanel(["cost", "Wasted by retries"], 5, given, { "{}": 0 });
		expectPanel(["cost", "Share wasted", 0], 5, given, { '{pipeline_name="docs-qa"}': 0 });
		expectPanel(["cost", "Share wasted", 1], 5, given, { '{pipeline_name="docs-qa"}': 0 });
	});

	it("holds what a stage wasted against what the calls within it cost", () => {
		const within = `${ofPipeline},stage_name="chat.completions.create",gen_ai_request_model="extractive-1"`;
		const given = {
			[`pipeline_cost_usd_total{${within},cost_source="local"}`]: "0+4x40",
			[`pipeline_cost_wasted_usd_total{${ofAnswer}}`]: "0+1x40",
		};
		expectPanel(["cost", "Share wasted", 0], 5, given, { '{pipeline_name="docs-qa"}': 0.25 });
	});

	it("says how long a budget lasts in the process where it ends first, a week at most, and nothing where it begins anew", () => {
		const budget = (instance: string, name: string, limit: number, spent: string) => ({
			[`pipeline_cost_budget_limit_usd{job="docs-qa",instance="${instance}",budget_name="${name}"}`]: `${limit}x160`,
			[`pipeline_cost_budget_spent_usd{job="docs-qa",instance="${instance}",budget_name="${name}"}`]: spent,
		});
		const given = {
			...budget("a", "day", 500, "0+1x160"),
			...budget("b", "day", 500, "0+2x160"),
			...budget("a", "idle", 500, "1x160"),
			...budget("a", "large", 5_000_000, "0+1x160"),
			...budget("a", "over", 10, "0+1x160"),
			...budget("a", "each-run", 10, "0+0x150 1 3 2 1 2 4 3 5 4 6"),
		};
		// At 40 minutes b has spent 320 of 500, and spends 8 a minute.
		expectPanel(["cost", "Time until it is spent"], 40, given, {
			'{budget_name="day"}': 1_350,
			'{budget_name="large"}': 604_800,
			'{budget_name="over"}': 0,
		});
	});

	it("draws an alert by its severity once it fires, whichever process it is of", () => {
		const alert = (name: string, state: string, severity: string) => ({
			[`ALERTS{alertname="Pipeline${name}",alertstate="${state}",severity="${severity}"}`]: "1x40",
		});
		const given = {
			...alert("MetricsAbsent", "firing", "warning"),
			...alert("CostUnpriced", "firing", "info"),
			...alert("RetryStorm", "pending", "warning"),
			...alert("RunErrorBudgetBurnFast", "firing", "critical"),
			'ALERTS{alertname="HostDown",alertstate="firing",severity="critical"}': "1x40",
		};
		expectPanel(["overview", "Alerts"], 5, given, {
			'{alertname="PipelineRetryStorm"}': 1,
			'{alertname="PipelineCostUnpriced"}': 2,
			'{alertname="PipelineMetricsAbsent"}': 3,
			'{alertname="PipelineRunErrorBudgetBurnFast"}': 4,
		});
	});
});
