import { describe, expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { type Fallback, fallback, footlight, TimeoutError, timeout } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";

const boom = new Error("boom");
const fails = async (): Promise<string> => Promise.reject(boom);
const hangs = () => new Promise<string>(() => {});

function setUp() {
	const clock = manualClock();
	const tracerProvider = recordingTracerProvider();
	const metrics = recordMetrics();
	const light = footlight("docs-qa", { clock, tracerProvider, meterProvider: metrics.meterProvider });
	const results = async () =>
		(await metrics.points("pipeline.fallback.calls"))
			.filter(({ value }) => value > 0)
			.map(({ attributes }) => attributes["fallback.result"]);
	return { clock, light, results, spans: tracerProvider.spans };
}

/** A call that is given up after 20 ms, and what is said of it once what is still under way has come to its end. */
async function givenUp(fn: () => unknown, chain: readonly Fallback[], { beforeEnd = () => {} } = {}) {
	const { clock, light, results, spans } = setUp();
	const controller = new AbortController();
	const reason = new Error("enough");
	const ended = light
		.run({ signal: controller.signal }, async () => light.stage("ask", fn, { use: [fallback(chain)] })())
		.catch((error: unknown) => error);
	await clock.advance(20);
	controller.abort(reason);
	beforeEnd();
	expect(await ended).toBe(reason);
	await clock.advance(1000);
	return { results: await results(), span: spans.find(({ name }) => name === "ask") };
}

describe("a fallback of a call that is given up", () => {
	it("is not waited for any more", async () => {
		const { results, span } = await givenUp(fails, [{ use: hangs }]);
		expect(results).toEqual(["not_applicable"]);
		expect(span?.attributes.outcome).toBe("cancelled");
		expect(span?.attributes).not.toHaveProperty("fallback.name");
		expect(span?.events).toEqual([]);
	});

	it("is not waited for before the first item of a stream either", async () => {
		async function* items(): AsyncGenerator<string> {
			yield* [];
			throw boom;
		}
		const read = async (stream: AsyncIterable<unknown>) => Array.fromAsync(stream);
		const { clock, light, results } = setUp();
		const ask = light.stage("ask", items, { use: [timeout({ timeoutMs: 20 }), fallback({ use: hangs })] });
		const ended = read(ask()).catch((error: unknown) => error);
		await clock.advance(20);
		expect(await ended).toBeInstanceOf(TimeoutError);
		expect(await results()).toEqual(["not_applicable"]);
	});

	it.each([
		["fails late", async () => Promise.reject(new Error("empty"))],
		["answers late", async () => "late"],
	])("that %s changes nothing, and the next in the chain is not called", async (_, late) => {
		let release = () => {};
		const called: string[] = [];
		const chain = [
			{ use: () => new Promise<void>((resolve) => (release = resolve)).then(late) },
			{ use: () => called.push("next") },
		];
		const { results, span } = await givenUp(fails, chain, { beforeEnd: () => release() });
		expect(called).toEqual([]);
		expect(results).toEqual(["not_applicable"]);
		expect(span?.attributes.outcome).toBe("cancelled");
		expect(span?.events.map(({ attributes }) => attributes?.["exception.message"])).not.toContain("empty");
	});

	it("that gives a stream late has that stream closed", async () => {
		let release = (_: unknown) => {};
		let isClosed = false;
		const chain = [{ use: () => new Promise((resolve) => (release = resolve)) }];
		const stream = new ReadableStream({
			cancel() {
				isClosed = true;
			},
		});
		await givenUp(fails, chain, { beforeEnd: () => release(stream) });
		expect(isClosed).toBe(true);
	});

	it("is not called where the call fails only then", async () => {
		const called: string[] = [];
		const { clock, light, results, spans } = setUp();
		const work = () =>
			new Promise<string>((_, reject) => light.current().signal.addEventListener("abort", () => reject(boom)));
		const use = [timeout({ timeoutMs: 20 }), fallback({ use: () => called.push("first") })] as const;
		const ended = light
			.stage("ask", work, { use })()
			.catch((error: unknown) => error);
		await clock.advance(20);
		expect(await ended).toBeInstanceOf(TimeoutError);
		expect(called).toEqual([]);
		expect(await results()).toEqual(["not_applicable"]);
		expect(spans[0]?.attributes.outcome).toBe("timeout");
	});

	it("does not go on where a fallback gives the call up and fails at once", async () => {
		const controller = new AbortController();
		const called: string[] = [];
		const { light, results } = setUp();
		const chain = [
			{
				use: () => {
					controller.abort("enough");
					throw new Error("empty");
				},
			},
			{ use: () => called.push("next") },
		];
		const ended = light.run({ signal: controller.signal }, async () =>
			light.stage("ask", fails, { use: [fallback(chain)] })(),
		);
		await expect(ended).rejects.toBe("enough");
		expect(called).toEqual([]);
		expect(await results()).toEqual(["not_applicable"]);
	});
});
