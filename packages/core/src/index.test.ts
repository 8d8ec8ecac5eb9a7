import { expect, it } from "vitest";
import * as core from "./index.ts";
import * as testing from "./testing/index.ts";

it("exports these names, and a change of them is a decision", () => {
	expect(Object.keys(core).sort()).toEqual(
		[
			"BudgetExceededError",
			"CallValues",
			"CancelledError",
			"EdgeError",
			"FootlightError",
			"InterruptedError",
			"RejectedError",
			"StepLimitError",
			"TimeoutError",
			"asyncLayer",
			"attempts",
			"attributes",
			"budget",
			"callKey",
			"classify",
			"compose",
			"cost",
			"costLedger",
			"describe",
			"describeLayer",
			"endAbandonedStreams",
			"errorType",
			"eventCatalogue",
			"footlight",
			"fromGraphMiddleware",
			"isFailure",
			"layer",
			"logging",
			"markOutcome",
			"metricCatalogue",
			"metrics",
			"observe",
			"ownPrices",
			"standardStack",
			"systemClock",
			"telemetryFailed",
			"telemetryFailures",
			"tierFactors",
			"tracing",
			"version",
			"warn",
		].sort(),
	);
});

it("exports these names for tests", () => {
	expect(Object.keys(testing).sort()).toEqual([
		"failingSink",
		"manualClock",
		"middlewareContract",
		"recordingLogger",
		"recordingSink",
		"recordingTracerProvider",
		"scriptedHandler",
		"spanTree",
		"testCall",
	]);
});
