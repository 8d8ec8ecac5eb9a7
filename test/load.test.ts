import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { agrees, compare } from "./load/comparison.ts";
import { Ledger } from "./load/ledger.ts";
import { serverEnds } from "./load/request-end.ts";
import { table } from "./load/table.ts";
import { weatherAt } from "./load/weather.ts";

async function run(...given: string[]) {
	const child = spawn(process.execPath, [
		"--conditions=@footlight/source",
		join(import.meta.dirname, "load/run.ts"),
		...given,
	]);
	const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
	return { code, stdout, stderr };
}

test("a short load ends with counts that agree, and has seen every outcome and every change of the breaker", async () => {
	const { code, stdout, stderr } = await run("--seconds", "5", "--rate", "300");
	expect([code, stderr, /load: .*/.exec(stdout)?.[0]]).toEqual([
		0,
		"",
		expect.stringMatching(/^load: all \d+ counts agree$/),
	]);
	const counts = new Map([...stdout.matchAll(/^(\S.*?) {2,}([\d,]+) /gm)].map(([, what = "", count]) => [what, count]));
	for (const outcome of ["ok", "error", "timeout", "rejected", "cancelled"]) {
		expect(counts.get(`calls ${outcome}`), outcome).toMatch(/^[1-9]/);
	}
	expect(counts.get("attempts after the first")).toMatch(/^[1-9]/);
	expect(counts.get("requests given up after they were sent")).toMatch(/^[1-9]/);
	for (const change of ["closed > open (failure_rate)", "open > half_open (time)"]) {
		expect(counts.get(`breaker: ${change}`), change).toMatch(/^[1-9]/);
	}
});

test("refuses what is no load", async () => {
	expect(await run("--rate", "none")).toMatchObject({
		code: 2,
		stderr: "test:load: --rate must be a number above 0, got none\n",
	});
});

test("the comparison notices a request that only one side knows, and a count that is off by one", () => {
	const ledger = new Ledger(1, 1);
	ledger.sampled(0);
	const number = ledger.attempt(0);
	ledger.sent(number);
	ledger.ended(number, "ok");
	ledger.callEnded(0, "ok");
	const spans = {
		traces: { sampled: 1, sampledOut: 0 },
		ended: new Map([
			["run ok", 1],
			["stage ok", 1],
		]),
		events: new Map(),
	};
	const metricsWith = (calls: number) =>
		[
			`pipeline_stage_calls_total{outcome="ok"} ${calls}`,
			'pipeline_runs_total{outcome="ok"} 1',
			'pipeline_rate_limit_decisions_total{rate_limit_result="allowed"} 1',
			'pipeline_circuit_breaker_calls_total{circuit_breaker_result="success"} 1',
			'pipeline_retry_calls_total{retry_result="success",retry_retried="false"} 1',
			"pipeline_retry_attempts_per_call_sum 1",
			'pipeline_timeout_calls_total{timeout_result="completed"} 1',
		].join("\n");
	const server = (end: (typeof serverEnds)[number]) => ({
		received: 1,
		strange: 0,
		unfinished: 0,
		ends: Uint8Array.of(serverEnds.indexOf(end)),
	});
	const differing = (calls: number, end: (typeof serverEnds)[number]) =>
		compare({ ledger, server: server(end), metrics: metricsWith(calls), spans })
			.filter((row) => !agrees(row))
			.map(({ what }) => what);
	expect(differing(1, "ok")).toEqual([]);
	expect(differing(2, "ok")).toEqual(["calls (spans: sampled + sampled out)", "calls ok"]);
	expect(differing(1, "reset")).toEqual([
		"requests answered: ok",
		"requests answered: reset",
		"requests of which the sides tell another story",
	]);
	expect(differing(1, "none")).toEqual(["requests answered: ok", "requests of which the sides tell another story"]);
});

test("the table marks what differs", () => {
	const rows = [
		{ what: "calls", client: 1_200, metrics: 1_200 },
		{ what: "lost", client: 1, expected: 0 },
	];
	expect(table(rows).split("\n")).toEqual([
		"         client    server   metrics     spans",
		"calls     1,200               1,200            ✓",
		"lost          1                                ✗ differ",
	]);
});

test("the server is in every state in each round", () => {
	const seen = Array.from({ length: 200 }, (_, tenth) => weatherAt(tenth * 100, 10_000));
	expect(seen.slice(0, 100)).toEqual(seen.slice(100));
	expect(new Set(seen)).toEqual(new Set(["healthy", "failing", "slow", "resetting"]));
	expect(seen.filter((weather) => weather === "healthy").length).toBeGreaterThan(100);
});
