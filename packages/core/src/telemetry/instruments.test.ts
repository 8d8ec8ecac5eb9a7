import type { MeterProvider } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { budget, footlight, observe, telemetryFailures } from "../index.ts";

const boom = (): never => {
	throw new Error("boom");
};

function provider(meter: object): MeterProvider {
	return { getMeter: () => meter } as unknown as MeterProvider;
}

/** A meter each of whose instruments answers to all it is told with the same function. */
function meter(answer: () => unknown): object {
	const instrument = { add: answer, record: answer, addCallback: answer };
	return new Proxy({}, { get: () => () => instrument });
}

describe("a foreign provider", () => {
	it.each<[string, object | undefined]>([
		["gives no meter", undefined],
		["gives a meter that makes no instruments", new Proxy({}, { get: () => boom })],
		["gives instruments that throw", meter(boom)],
		["gives instruments that reject", meter(async () => boom())],
	])("that %s changes no call, and is counted", async (_, given) => {
		const failures = () => telemetryFailures().get("metrics") ?? 0;
		const before = failures();
		const meterProvider = provider(given as object);
		const light = footlight("docs-qa", {
			meterProvider,
			use: [observe(), budget({ name: "per-run", limitUsd: 1 })],
		});
		const search = light.stage("search", async (word: string) => {
			light.current().addCost(0.5);
			return word;
		});
		expect(await light.run(() => search("span"))).toBe("span");
		// A rejection is heard of one turn later.
		await new Promise((resolve) => setImmediate(resolve));
		expect(failures()).toBeGreaterThan(before);
	});
});
