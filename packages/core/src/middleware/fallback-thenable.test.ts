import { describe, expect, it } from "vitest";
import { bulkhead, circuitBreaker, circuitBreakers, fallback, footlight } from "../index.ts";
import { recordingTracerProvider } from "../testing/index.ts";

const boom = new Error("boom");
const fails = async (): Promise<string> => Promise.reject(boom);
const throws = (): string => {
	throw boom;
};

describe("a fallback", () => {
	class Sub extends Promise<string> {}
	const lazy = () => ({
		then: (onFulfilled: (value: unknown) => unknown, onRejected: (error: unknown) => unknown) =>
			fails().then(onFulfilled, onRejected),
	});
	it.each<[string, () => unknown]>([
		["a promise subclass", () => Sub.reject(boom)],
		["one that is frozen", () => Object.freeze(Sub.reject(boom))],
		["a lazy thenable", lazy],
		["one that throws", () => ({ then: throws })],
		["one that gives a promise", () => ({ then: (onFulfilled: (value: unknown) => unknown) => onFulfilled(fails()) })],
	])("answers for %s so that every layer outside of it hears of it", async (kind, broken) => {
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", { tracerProvider });
		const within = bulkhead({ concurrency: 1 });
		const breaker = circuitBreaker({ name: `outside of ${kind}`, failureThreshold: 1 });
		const ask = light.stage("ask", broken, { use: [breaker, fallback({ value: "sorry" }), within] });
		expect(await (ask() as PromiseLike<unknown>)).toBe("sorry");
		expect(circuitBreakers.get(`outside of ${kind}`)?.state).toBe("closed");
		expect(tracerProvider.spans.map(({ attributes }) => attributes.outcome)).toEqual(["fallback"]);
		const piped = light.pipeline().stage("ask", broken, { use: [fallback({ value: "sorry" }), within] });
		const result = await piped.run();
		expect(result).toMatchObject({ outcome: "ok", outputs: { ask: "sorry" } });
		expect(result.report.stages.map(({ outcome }) => outcome)).toEqual(["fallback"]);
	});
});
