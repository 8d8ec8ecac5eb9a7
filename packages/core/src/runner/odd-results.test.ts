import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { recordingTracerProvider } from "../testing/index.ts";

type Then = (fulfilled: (value: unknown) => void) => unknown;

const boom = new Error("boom");
function fail(): never {
	throw boom;
}

class Unruly extends Promise<unknown> {
	override then(): never {
		throw boom;
	}
}

const thenable = (then: Then) => ({ then });
const late: Then = (fulfilled) => void setImmediate(fulfilled, 7);
const owning = (then: () => unknown) => Object.assign(Promise.resolve(7), { then });

/** What a stage may give that is waited for, and what comes of it. */
const awaited: readonly (readonly [string, () => unknown, unknown])[] = [
	["a thenable whose then gives nothing", () => thenable(late), 7],
	["a function that is one", () => Object.assign(() => 1, thenable(late)), 7],
	["a thenable of a thenable", () => thenable((fulfilled) => fulfilled(thenable(late))), 7],
	["one that answers and then throws", () => thenable((fulfilled) => [fulfilled(7), fail()]), 7],
	["one that throws", () => thenable(fail), boom],
	["a promise whose own then throws", () => owning(fail), 7],
	["a promise whose own then gives nothing", () => owning(() => undefined), 7],
	["a promise of a class whose then throws", () => new Unruly((resolve) => resolve(7)), boom],
	["a proxy of a promise", () => new Proxy(Promise.resolve(7), {}), expect.any(TypeError)],
];

/** What calls itself a stream and cannot be read. */
const unreadable: readonly (readonly [string, () => unknown, RegExp])[] = [
	["is locked", () => locked(), /locked/],
	[
		"gives no iterator",
		() => streamOf(() => undefined),
		/the stream of a cannot be read: its iteration gave no iterator/,
	],
	["gives an iterator without next", () => streamOf(() => ({})), /the stream of a cannot be read/],
	["gives no step", () => streamOf(() => ({ next: async () => undefined })), /gave undefined, not { done, value }/],
	["gives a step at once that is none", () => streamOf(() => ({ next: () => 5 })), /gave 5, not { done, value }/],
	[
		"gives a step that throws",
		() => streamOf(() => ({ next: async () => Object.defineProperty({}, "done", { get: fail }) })),
		/boom/,
	],
	["throws as it is opened", () => streamOf(fail), /boom/],
];

function streamOf(iterate: () => unknown): AsyncIterable<unknown> {
	return { [Symbol.asyncIterator]: iterate as () => AsyncIterator<unknown> };
}

function locked(): ReadableStream {
	const stream = new ReadableStream();
	stream.getReader();
	return stream;
}

function lights() {
	const tracerProvider = recordingTracerProvider();
	return { tracerProvider, heard: footlight("docs-qa", { tracerProvider }), unheard: footlight("docs-qa") };
}

describe("a stage that gives what is waited for", () => {
	it.each(awaited)("ends as it does, whoever listens: %s", async (_, give, expected) => {
		const { heard, unheard, tracerProvider } = lights();
		for (const light of [heard, unheard]) {
			const pipeline = light.pipeline().stage("a", give);
			const shared = pipeline.stage("b", ["a"], ({ a }) => a).stage("c", ["a"], ({ a }) => a);
			for (const result of [await pipeline.run(), await shared.run()]) {
				if (expected === 7) expect(result.outputs).toMatchObject({ a: 7 });
				else expect(result).toMatchObject({ outcome: "error", error: expected });
				expect(result.report.stages[0]?.outcome).toBe(expected === 7 ? "ok" : "error");
			}
		}
		expect(tracerProvider.openSpans).toBe(0);
	});

	it("is not kept from the others by a then that cannot be looked at", async () => {
		const { heard, unheard } = lights();
		const secretive = Object.defineProperty({}, "then", { get: fail });
		for (const light of [heard, unheard]) {
			const pipeline = light.pipeline().stage("a", () => secretive);
			const shared = pipeline.stage("b", ["a"], ({ a }) => a === secretive).stage("c", ["a"], () => 1);
			expect((await shared.run()).outputs).toEqual({ a: secretive, b: true, c: 1 });
		}
	});
});

describe("a stream that cannot be read", () => {
	it.each(unreadable)("is a failure of its stage, in report, span and result: it %s", async (_, give, message) => {
		const { heard, unheard, tracerProvider } = lights();
		for (const light of [heard, unheard]) {
			const pipeline = light.pipeline().stage("a", give);
			const streamed = pipeline.stream();
			await expect(Array.fromAsync(streamed)).rejects.toThrow(message);
			for (const result of [await pipeline.run(), await streamed.result]) {
				const error = expect.objectContaining({ message: expect.stringMatching(message) });
				expect(result).toMatchObject({ outcome: "error", error });
				expect(result.report.stages[0]).toMatchObject({ outcome: "error", error });
			}
		}
		const spans = tracerProvider.spans.filter(({ name }) => name === "a");
		expect(spans.map(({ attributes }) => attributes.outcome)).toEqual(["error", "error"]);
	});

	it("fails its stage where others share it", async () => {
		const { heard, tracerProvider } = lights();
		const shared = heard
			.pipeline({ mode: "continue" })
			.stage("a", () => streamOf(() => ({ next: async () => undefined })), { tee: true })
			.stage("b", ["a"], ({ a }) => Array.fromAsync(a))
			.stage("c", ["a"], ({ a }) => Array.fromAsync(a));
		const { report } = await shared.run();
		expect(report.stages.map(({ outcome }) => outcome)).toEqual(["error", "error", "error"]);
		expect(tracerProvider.spans.find(({ name }) => name === "a")?.attributes.outcome).toBe("error");
	});
});
