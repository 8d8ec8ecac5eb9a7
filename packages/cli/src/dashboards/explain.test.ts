import { expect, test } from "vitest";
import { explain, type Surroundings } from "./explain.ts";
import { answering } from "./listening.fixture.ts";
import { connectPrometheus } from "./prometheus.ts";
import { windowBefore } from "./window.ts";

/** What surrounds a Prometheus that has series of these names, and answers every question with nothing. */
async function around(names: readonly string[], more: Partial<Surroundings> = {}): Promise<Surroundings> {
	const base = await answering((request, response) => {
		const isQuery = request.url?.includes("/query") === true;
		const data = isQuery ? { resultType: "vector", result: [] } : { version: "3.13.0", revision: "0" };
		response.end(JSON.stringify({ status: "success", data }));
	});
	const server = { product: "Prometheus", base, headers: {}, timeoutMs: 5_000, credentials: "" } as const;
	return {
		prometheus: await connectPrometheus(server),
		window: windowBefore(10_000, 1_800, 15),
		namesEver: new Set(names),
		asked: new Set(["load_seconds_bucket", "load_seconds_count", "load:ratio5m"]),
		recorded: new Set(["load:ratio5m"]),
		rulesLoaded: false,
		...more,
	};
}

test("a metric that is absent is not in use, though a sibling is there that is asked for as well", async () => {
	const reason = await explain("load_seconds_bucket", await around(["load_seconds_count", "up"]));
	expect(reason).toMatchObject({ code: "metric-absent", state: "unused" });
	expect(await explain("load_seconds_bucket", await around(["load_bucket"]))).toMatchObject({ code: "other-name" });
});

test("the worst of several selectors is told", async () => {
	const some = await around(["up", "load_bucket"]);
	expect(await explain("vector(1) + absent_one", some)).toMatchObject({ code: "metric-absent" });
	expect(await explain("absent_one / load_seconds_bucket", some)).toMatchObject({ code: "other-name" });
	expect(await explain("absent_one / up", some)).toMatchObject({ code: "not-in-range", state: "wrong" });
});

test("what rules record is absent for want of the rules, or of time", async () => {
	expect(await explain("load:ratio5m > 1", await around([]))).toMatchObject({
		code: "rules-not-loaded",
		state: "unused",
	});
	const loaded = await around([], { rulesLoaded: true });
	expect(await explain("load:ratio5m > 1", loaded)).toMatchObject({ code: "not-recorded", state: "quiet" });
	expect(await explain('ALERTS{alertstate="firing"}', loaded)).toMatchObject({ code: "no-alert-active" });
	expect(await explain("ALERTS", await around([]))).toMatchObject({ code: "rules-not-loaded" });
});

test("series that are chosen by labels alone may be none", async () => {
	expect(await explain('count({otel_metric_overflow="true"})', await around(["up"]))).toEqual({
		code: "no-such-series",
		state: "quiet",
		message: 'there is no series {otel_metric_overflow="true"}',
	});
});
