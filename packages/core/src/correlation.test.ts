import { describe, expect, it } from "vitest";
import { correlationAttributes, usableIds } from "./correlation.ts";
import { telemetryFailures } from "./telemetry-failure.ts";

// biome-ignore lint/suspicious/noExplicitAny: values that the types forbid are what requests bring
type Any = any;

describe("identifiers of a run", () => {
	it.each([
		["text as it is", "ada", "ada"],
		["a number as text", 7, "7"],
		["a big number as text", 7n, "7"],
		["nothing for no value", undefined, undefined],
		["nothing for null", null, undefined],
		["nothing for empty text", "", undefined],
		["nothing for an object", { id: 7 }, undefined],
		["nothing for a symbol", Symbol("ada"), undefined],
		["nothing for NaN", Number.NaN, undefined],
		["the first 200 characters of a longer one", "x".repeat(201), "x".repeat(200)],
	])("are %s", (_, given, expected) => {
		expect(correlationAttributes(usableIds("run", { userId: given as Any }))["user.id"]).toBe(expected);
	});

	it("count what could not be used, and never throw", () => {
		const before = telemetryFailures().get("run") ?? 0;
		usableIds("run", { userId: {} as Any, sessionId: "x".repeat(201), extra: { "app.tenant": [] as Any } });
		expect(telemetryFailures().get("run")).toBe(before + 3);
	});

	it("keep further ones of every plain type under their names", () => {
		const extra = { "app.tenant": "acme", "app.tier": 2, "app.trial": false, "app.none": undefined as Any };
		expect(correlationAttributes(usableIds("run", { extra }))).toEqual({
			"app.tenant": "acme",
			"app.tier": 2,
			"app.trial": false,
		});
	});
});
