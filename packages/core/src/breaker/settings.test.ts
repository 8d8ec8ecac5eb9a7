import { expect, it } from "vitest";
import { type CircuitBreakerOptions, circuitBreaker, describe as describeStage, footlight } from "../index.ts";

it.each<[unknown, string]>([
	[null, "TypeError: circuitBreaker: options must be an object, got null"],
	[{ name: " " }, 'RangeError: circuitBreaker: name must be a name that is not empty, got " "'],
	[{ failureThreshold: 0 }, "RangeError: circuitBreaker: failureThreshold must be a positive integer, got 0"],
	[{ successThreshold: 1.5 }, "RangeError: circuitBreaker: successThreshold must be a positive integer, got 1.5"],
	[{ openMs: "10s" }, 'TypeError: circuitBreaker: openMs must be a positive integer, got "10s"'],
	[{ openMs: 2 ** 31 }, "RangeError: circuitBreaker: openMs must be at most 2147483647, got 2147483648"],
	[{ probes: 0 }, "RangeError: circuitBreaker: probes must be a positive integer, got 0"],
	[{ mode: "log" }, 'RangeError: circuitBreaker: mode must be one of enforce, monitor, got "log"'],
	[{ isFailure: true }, "TypeError: circuitBreaker: isFailure must be a function, got true"],
	[{ onStateChange: [] }, "TypeError: circuitBreaker: onStateChange must be a function, got an array of 0"],
	[{ slowCallMs: 0 }, "RangeError: circuitBreaker: slowCallMs must be a positive integer, got 0"],
	[{ failureRateRatio: 0.5 }, "RangeError: circuitBreaker: failureRateRatio must be absent without a window, got 0.5"],
	[{ minimumCalls: 5 }, "RangeError: circuitBreaker: minimumCalls must be absent without a window, got 5"],
	[
		{ window: { calls: 5 }, failureThreshold: 3 },
		"RangeError: circuitBreaker: failureThreshold must be absent with a window, got 3",
	],
	[{ window: {} }, "TypeError: circuitBreaker: window must be either { calls } or { durationMs }, got an object"],
	[
		{ window: { calls: 5, durationMs: 5 } },
		"TypeError: circuitBreaker: window must be either { calls } or { durationMs }, got an object",
	],
	[
		{ window: { count: 5 } },
		'TypeError: circuitBreaker: window: unknown option "count"; known options are calls, durationMs',
	],
	[{ window: { calls: 0 } }, "RangeError: circuitBreaker: window.calls must be a positive integer, got 0"],
	[
		{ window: { durationMs: 0.5 } },
		"RangeError: circuitBreaker: window.durationMs must be a positive integer, got 0.5",
	],
	[
		{ window: { calls: 5 }, minimumCalls: 6 },
		"RangeError: circuitBreaker: minimumCalls must be at most the 5 of window.calls, got 6",
	],
	[
		{ window: { calls: 5 }, failureRateRatio: 0 },
		"RangeError: circuitBreaker: failureRateRatio must be a number above 0, to 1, got 0",
	],
	[
		{ window: { calls: 5 }, failureRateRatio: 50 },
		"RangeError: circuitBreaker: failureRateRatio must be a number from 0 to 1, got 50",
	],
	[
		{ window: { calls: 5 }, slowCallRateRatio: 0.5 },
		"RangeError: circuitBreaker: slowCallRateRatio must be absent without slowCallMs, got 0.5",
	],
	[
		{ threshold: 5 },
		'TypeError: circuitBreaker: unknown option "threshold"; known options are name, failureThreshold, successThreshold, openMs, probes, window, failureRateRatio, slowCallMs, slowCallRateRatio, minimumCalls, isFailure, mode, onStateChange',
	],
])("refuses %j", (options, message) => {
	let thrown: unknown;
	try {
		circuitBreaker(options as CircuitBreakerOptions);
	} catch (error) {
		thrown = error;
	}
	expect(String(thrown)).toBe(message);
});

it("shows in a description what the breaker goes by", () => {
	const light = footlight("described", { use: [] });
	const stage = light.stage("ask", async () => 1, { use: [circuitBreaker({ window: { calls: 100 } })] });
	expect(describeStage(stage).layers[0]).toMatchObject({
		name: "circuitBreaker",
		options: {
			successThreshold: 2,
			openMs: 10_000,
			probes: 1,
			windowCalls: 100,
			failureRateRatio: 0.5,
			minimumCalls: 10,
		},
	});
});
