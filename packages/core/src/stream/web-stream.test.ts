import { beforeEach, describe, expect, test } from "vitest";
import { endAbandonedStreams, footlight } from "../index.ts";
import { exceptionsOf, registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("web");
beforeEach(() => {
	endAbandonedStreams();
	sdk.reset();
});

describe("a branch of a watched ReadableStream", () => {
	test("fails as soon as the stream does, before it is read", async () => {
		const error = new Error("failed");
		let fail: (error: unknown) => void = () => {};
		const stage = light.stage(
			"items",
			() =>
				new ReadableStream({
					start: (controller) => {
						fail = (reason) => controller.error(reason);
					},
				}),
		);
		const [first, second] = stage().tee();
		const cancelling = second.cancel();
		fail(error);
		await expect(first.getReader().closed).rejects.toBe(error);
		await cancelling;
		expect(exceptionsOf(sdk.span("items"))).toEqual(["failed"]);
	});

	test("hands the consumer's own view on to a source of bytes that fills views only", async () => {
		let left = 2;
		const filling = () =>
			new ReadableStream({
				type: "bytes",
				pull(controller) {
					const request = controller.byobRequest as ReadableStreamBYOBRequest;
					const view = request.view as Uint8Array;
					if (left-- === 0) {
						controller.close();
						request.respond(0);
						return;
					}
					view.set([65 + left]);
					request.respond(1);
				},
			});
		const [first] = light.stage("bytes", filling)().tee();
		const reader = first.getReader({ mode: "byob" });
		const read: number[] = [];
		for (;;) {
			const { done, value } = await reader.read(new Uint8Array(4));
			if (done) break;
			read.push(...value);
		}
		expect(read).toEqual([66, 65]);
		expect(sdk.span("bytes").attributes.outcome).toBe("ok");
	});
});

test("a frozen ReadableStream is handed out as another one that reads from it", async () => {
	const stage = light.stage("items", () =>
		Object.freeze(
			new ReadableStream({
				start(controller) {
					controller.enqueue(1);
					controller.close();
				},
			}),
		),
	);
	const stream = stage();
	expect(stream).toBeInstanceOf(ReadableStream);
	expect(await Array.fromAsync(stream.pipeThrough(new TransformStream()))).toEqual([1]);
	expect(sdk.span("items").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 1 });
});

describe("a ReadableStream whose length the consumer knows", () => {
	const two = () =>
		new ReadableStream({
			start(controller) {
				for (const item of [1, 2]) controller.enqueue(item);
				controller.close();
			},
		});

	test("has ended once it is closed, though nobody read past its last item", async () => {
		const reader = light.stage("items", two)().getReader();
		await reader.read();
		expect(sdk.spans()).toEqual([]);
		await reader.read();
		await reader.closed;
		expect(sdk.span("items").attributes).toMatchObject({ outcome: "ok", "stream.item_count": 2 });
	});

	test("is cancelled where it closes because it is cancelled", async () => {
		const reader = light
			.stage("items", () => new ReadableStream())()
			.getReader();
		await reader.cancel();
		await reader.closed;
		expect(sdk.span("items").attributes.outcome).toBe("cancelled");
	});
});
