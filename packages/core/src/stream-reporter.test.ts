import { metrics } from "@opentelemetry/api";
import { afterEach, expect, it } from "vitest";
import { recordMetrics } from "../../../test/recorded-metrics.ts";
import { footlight, telemetryFailures } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";
import { StreamReporter } from "./stream-reporter.ts";
import { withoutTelemetry } from "./telemetry-context.ts";
import { manualClock, recordingSink } from "./testing/index.ts";

const recorded = registerSdk({ events: true });

afterEach(() => {
	recorded.reset();
	metrics.disable();
});

const said = { "stream.queue_size": 1 };

it("is labelled with the stage it is made in, the run, or nothing but its name", () => {
	const light = footlight("docs-qa");
	const labels = () => ({ labels: new StreamReporter("tokens", undefined).labels });
	const name = { "stream.name": "tokens" };
	expect(light.stage("answer", labels)()).toEqual({
		labels: { "pipeline.name": "docs-qa", "stage.name": "answer", ...name },
	});
	expect(light.run(labels)).toEqual({ labels: { "pipeline.name": "docs-qa", ...name } });
	expect(labels()).toEqual({ labels: name });
});

it("has the clock and the instruments of the call it is made in", () => {
	const clock = manualClock();
	const { meterProvider } = recordMetrics();
	const light = footlight("docs-qa", { clock, meterProvider });
	const made = light.stage("answer", () => [new StreamReporter("tokens", undefined)])()[0] as StreamReporter;
	expect(made.clock).toBe(clock);
	expect(made.instruments).toBeDefined();
	const own = manualClock();
	expect(light.run(() => [new StreamReporter("tokens", undefined, own).clock])).toEqual([own]);
	expect(new StreamReporter("tokens", undefined).instruments).toBeUndefined();
});

it("finds a provider that is registered later", () => {
	const reporter = new StreamReporter("tokens", undefined);
	metrics.setGlobalMeterProvider(recordMetrics().meterProvider);
	expect(reporter.instruments).toBeDefined();
});

it("tells the call it was made in, and its listener, after the call has ended too", () => {
	const sink = recordingSink();
	const heard: unknown[] = [];
	const light = footlight("docs-qa", { sinks: [sink] });
	const made = light.stage("answer", () => [new StreamReporter("tokens", (...event) => heard.push(event))])();
	made[0]?.emit("stream.queue_closed", () => said);
	expect(sink.events).toMatchObject([
		{ name: "stream.queue_closed", attributes: { "stage.name": "answer", "stream.name": "tokens", ...said } },
	]);
	expect(heard).toEqual([["stream.queue_closed", { "stream.name": "tokens", ...said }]]);
});

it("writes a log record where it belongs to no call", () => {
	new StreamReporter("tokens", undefined).emit("stream.queue_closed", () => said);
	expect(recorded.records()).toMatchObject([
		{ eventName: "stream.queue_closed", attributes: { "stream.name": "tokens", ...said } },
	]);
});

it("says nothing of what delivers telemetry", () => {
	withoutTelemetry(() => new StreamReporter("tokens", undefined).emit("stream.queue_closed", () => said));
	expect(recorded.records()).toEqual([]);
});

it("counts a listener that throws, and one that rejects", async () => {
	const before = telemetryFailures().get("stream listener") ?? 0;
	const listeners = [
		() => {
			throw new Error("no");
		},
		async () => {
			throw new Error("no");
		},
	];
	for (const listener of listeners) new StreamReporter("tokens", listener).emit("stream.queue_closed", () => said);
	await new Promise(setImmediate);
	expect(telemetryFailures().get("stream listener")).toBe(before + 2);
});
