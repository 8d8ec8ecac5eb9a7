import { trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { startTelemetry } from "./start-telemetry.ts";

test("refuses options that are unknown or of a wrong type, and starts nothing", () => {
	const refusals: [object, string][] = [
		[{ servicename: "x" }, 'startTelemetry: unknown option "servicename"; known options are serviceName,'],
		[{ serviceName: 1 }, "startTelemetry: serviceName must be a string, got 1"],
		[{ serviceName: " " }, 'startTelemetry: serviceName must be a name that is not empty, got " "'],
		[{ shutdownTimeoutMs: -1 }, "startTelemetry: shutdownTimeoutMs must be a positive integer, got -1"],
		[{ instrumentations: [{}] }, "startTelemetry: instrumentations[0] must have a method enable, got an object"],
		[{ spanProcessors: {} }, "startTelemetry: spanProcessors must be an array, got an object"],
		[{ sampler: "always_on" }, 'startTelemetry: sampler must have a method shouldSample, got "always_on"'],
		[{ redact: { mask: 1 } }, "redaction: mask must be a string, got 1"],
		[{ redact: { patterns: ["a"] } }, "redaction: patterns must be an array of regular expressions, got an array of 1"],
		[{ logger: { level: "loud" } }, "pinoLogger: level must be one of trace,"],
		[{ logger: true }, "startTelemetry: logger must be options of pinoLogger or false"],
		[{ logger: console }, "(a logger of your own goes to footlight(name, { logger })), got"],
		[{ redact: "yes" }, 'startTelemetry: redact must be true, false or options of redaction, got "yes"'],
		[
			{ resourceAttributes: { a: [] } },
			"startTelemetry: resourceAttributes: a must be a string, a number or a boolean",
		],
	];
	for (const [options, message] of refusals) expect(() => startTelemetry(options as never)).toThrow(message);
	expect(trace.getTracer("t").startSpan("nothing was started").isRecording()).toBe(false);
});
