import { describe, expect, it } from "vitest";
import { footlight } from "../index.ts";
import { manualClock } from "../testing/index.ts";

const never = () => new Promise<never>(() => {});

/** What gives one item and then never answers again, whatever it is asked. */
const silent = [
	[
		"a generator",
		async function* () {
			yield 1;
			await never();
		},
	],
	[
		"an iterator without return",
		() => {
			let items = 0;
			const next = async () => (items++ === 0 ? { done: false, value: 1 } : never());
			return { [Symbol.asyncIterator]: () => ({ next }) };
		},
	],
] as const;

describe.each(silent)("the stream of %s that never answers", (_, give) => {
	function streamOf(options: { readonly timeoutMs?: number; readonly signal?: AbortSignal }) {
		const clock = manualClock();
		const pipeline = footlight("docs-qa", { clock }).pipeline({ cancelGraceMs: 5 });
		return { clock, stream: pipeline.stage("answer", give as () => AsyncIterable<number>).stream(undefined, options) };
	}

	it("ends at the deadline", async () => {
		const { clock, stream } = streamOf({ timeoutMs: 10 });
		expect(await stream.next()).toEqual({ done: false, value: 1 });
		const waiting = expect(stream.next()).rejects.toThrow("did not settle within 10 ms");
		await clock.advance(15);
		await waiting;
		expect(await stream.result).toMatchObject({ outcome: "timeout", outputs: { answer: [1] } });
		expect(await stream.next()).toEqual({ done: true, value: undefined });
	});

	it("ends with the caller's signal", async () => {
		const controller = new AbortController();
		const { clock, stream } = streamOf({ signal: controller.signal });
		await stream.next();
		const reason = new Error("enough");
		const waiting = expect(stream.next()).rejects.toBe(reason);
		controller.abort(reason);
		await clock.advance(5);
		await waiting;
	});

	it("is over for all who wait when it is left", async () => {
		const { clock, stream } = streamOf({});
		await stream.next();
		const waiting = [stream.next(), stream.next()];
		const left = stream.return();
		await clock.advance(5);
		expect(await Promise.all([left, ...waiting])).toEqual(Array(3).fill({ done: true, value: undefined }));
		expect(await stream.result).toMatchObject({ outcome: "cancelled" });
	});
});

it("takes a step for an item unless it says that it is done, as run() does", async () => {
	const counter = () => {
		let items = 0;
		const next = async () => (items < 3 ? { value: items++ } : { done: 1 });
		return { [Symbol.asyncIterator]: () => ({ next }) };
	};
	const pipeline = footlight("docs-qa")
		.pipeline()
		.stage("count", counter as unknown as () => AsyncIterable<number>);
	expect(await Array.fromAsync(pipeline.stream())).toEqual([0, 1, 2]);
	expect((await pipeline.run()).outputs).toEqual({ count: [0, 1, 2] });
});
