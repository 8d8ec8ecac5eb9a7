import { expect, test } from "vitest";
import * as index from "./index.ts";
import * as processors from "./processors.ts";
import * as propagation from "./propagation.ts";

test("the public names are these", () => {
	expect(Object.keys(index)).toEqual(["doctor", "startTelemetry"]);
	expect(Object.keys(processors).sort()).toEqual([
		...["baggageAttributes", "losslessLogProcessor", "losslessSpanProcessor", "redactText", "redaction"],
		...["redactionForLogs", "sizeLimits", "tailSampling"],
	]);
	expect(Object.keys(propagation).sort()).toEqual(["baggageAttributes", "continueTrace", "extract", "inject"]);
});
