import type { FootlightEvent } from "@footlight/core";
import { describe, expect, it } from "vitest";
import type { Batch, BatchSink } from "../buffered/batch.ts";

/** A sink for batches, and what its other side has: the key of each item, in order. */
export interface BatchSinkUnderTest {
	readonly sink: BatchSink<FootlightEvent>;
	keys(): readonly string[] | Promise<readonly string[]>;
	end(): unknown;
}

const odd: readonly unknown[] = [
	{ name: "odd.happened", timeMs: Number.NaN, attributes: { big: 2n ** 70n, huge: 1e300, not: Number.NaN } },
	{ name: "odd.happened", timeMs: -1, attributes: null, traceId: "no id" },
	{ name: 7, attributes: { toJSON: 1, map: new Map(), symbol: Symbol("s"), nothing: undefined, lone: "\ud800" } },
	Object.defineProperty({ name: "odd.happened" }, "attributes", {
		enumerable: true,
		value: Object.defineProperty({}, "secret", {
			enumerable: true,
			get() {
				throw new Error("the getter throws");
			},
		}),
	}),
	{},
	null,
];

export function batchOf(id: string, ...items: unknown[]): Batch<FootlightEvent> {
	return { id, items: items as FootlightEvent[], keys: items.map((_, index) => `${id}-${index}`) };
}

export const cited: FootlightEvent = {
	name: "answer.cited",
	timeMs: 1_767_225_600_000.25,
	attributes: { sources: 3 },
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
};

/** Declares the tests that every sink for batches passes. */
export function batchSinkContract(name: string, factory: () => Promise<BatchSinkUnderTest>): void {
	const running = (title: string, check: (subject: BatchSinkUnderTest) => Promise<void>) =>
		it(title, async () => {
			const subject = await factory();
			try {
				await check(subject);
			} finally {
				await subject.end();
			}
		});
	const live = new AbortController().signal;

	describe(`${name} keeps the contract of sinks for batches`, () => {
		running("has kept a batch when write resolves, each item with its key", async ({ sink, keys }) => {
			await sink.write(batchOf("a", cited, cited), live);
			await sink.write(batchOf("b", cited), live);
			expect(await keys()).toEqual(["a-0", "a-1", "b-0"]);
		});

		running(
			"takes items that no type lets through, and with them the others of their batch",
			async ({ sink, keys }) => {
				await sink.write(batchOf("odd", cited, ...odd, cited), live);
				expect(await keys()).toHaveLength(odd.length + 2);
			},
		);

		running("writes nothing of an empty batch", async ({ sink, keys }) => {
			await sink.write(batchOf("a"), live);
			expect(await keys()).toEqual([]);
		});

		running("writes batches at once, each whole", async ({ sink, keys }) => {
			const batches = Array.from({ length: 10 }, (_, index) => batchOf(`b${index}`, cited, cited, cited));
			await Promise.all(batches.map((batch) => sink.write(batch, live)));
			expect([...(await keys())].sort()).toEqual(batches.flatMap((batch) => batch.keys).sort());
		});

		running("rejects with the reason of a signal that has aborted, and writes nothing", async ({ sink, keys }) => {
			const reason = new Error("out of time");
			await expect((async () => sink.write(batchOf("a", cited), AbortSignal.abort(reason)))()).rejects.toBe(reason);
			expect(await keys()).toEqual([]);
		});

		running("closes once, and rejects what comes later", async ({ sink, keys }) => {
			await sink.write(batchOf("a", cited), live);
			await Promise.all([sink.close?.(), sink.close?.()]);
			await expect((async () => sink.write(batchOf("b", cited), live))()).rejects.toThrow("closed");
			expect(await keys()).toEqual(["a-0"]);
		});
	});
}
