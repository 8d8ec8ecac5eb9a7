import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { type CircuitBreakerOptions, circuitBreaker, circuitBreakers, footlight, observe } from "../index.ts";
import { manualClock, recordingLogger, recordingSink, recordingTracerProvider } from "../testing/index.ts";

/** A light whose stage `ask` gives what it is told to, with a breaker of its own around it; no other breaker is left. */
export function breakerLight(options: CircuitBreakerOptions = {}) {
	circuitBreakers.clear();
	const recorded = {
		sink: recordingSink(),
		logger: recordingLogger("info"),
		metrics: recordMetrics(),
		clock: manualClock(),
		tracerProvider: recordingTracerProvider(),
	};
	const { sink, logger, metrics, clock, tracerProvider } = recorded;
	const light = footlight("docs-qa", {
		use: [observe({ levels: { ok: "debug", error: "debug", rejected: "debug", cancelled: "debug" } })],
		sinks: [sink],
		logger,
		clock,
		tracerProvider,
		meterProvider: metrics.meterProvider,
	});
	let calls = 0;
	const ask = light.stage(
		"ask",
		async (answer: unknown = "answer"): Promise<unknown> => {
			calls++;
			if (answer instanceof Error) throw answer;
			return answer;
		},
		{ use: [circuitBreaker(options)] },
	);
	const fail = async (times = 1): Promise<void> => {
		for (let time = 0; time < times; time++) await ask(new Error("boom")).catch(() => {});
	};
	const breaker = () => {
		const found = circuitBreakers.get(options.name ?? "docs-qa.ask");
		if (found === undefined) throw new Error("the stage has no breaker");
		return found;
	};
	return { ...recorded, light, ask, fail, breaker, calls: () => calls };
}
