import { expect, it } from "vitest";
import * as core from "./index.ts";
import * as testing from "./testing/index.ts";

it("exports these names, and a change of them is a decision", () => {
	expect(Object.keys(core).sort()).toEqual(
		[
			"CallValues",
			"CancelledError",
			"FootlightError",
			"InterruptedError",
			"RejectedError",
			"TimeoutError",
			"asyncLayer",
			"attempts",
			"attributes",
			"callKey",
			"classify",
			"compose",
			"describe",
			"describeLayer",
			"endAbandonedStreams",
			"errorType",
			"footlight",
			"isFailure",
			"layer",
			"logging",
			"markOutcome",
			"observe",
			"standardStack",
			"systemClock",
			"telemetryFailed",
			"telemetryFailures",
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
