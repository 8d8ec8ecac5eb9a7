import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { footlight } from "../index.ts";
import { recordingTracerProvider } from "../testing/index.ts";

type Light = ReturnType<typeof footlight>;
type Given = { readonly name: string };

async function* two() {
	yield 1;
	yield 2;
}

const webStream = () =>
	new ReadableStream<number>({
		start(controller) {
			controller.enqueue(1);
			controller.close();
		},
	});

async function readAll({ a }: { a: AsyncIterable<number> }) {
	for await (const _ of a);
}

/** Runs once, with an input that is to be collected with the run. */
const runs: readonly (readonly [string, (light: Light, given: Given) => Promise<unknown>])[] = [
	["collects a stream", (light, given) => light.pipeline().stage("a", two).run(given)],
	["collects a web stream", (light, given) => light.pipeline().stage("a", webStream).run(given)],
	["gives a stream item by item", (light, given) => Array.fromAsync(light.pipeline().stage("a", two).stream(given))],
	[
		"gives a stream that is left",
		async (light, given) => {
			for await (const _ of light.pipeline().stage("a", two).stream(given)) break;
		},
	],
	["hands a stream on", (light, given) => light.pipeline().stage("a", two).stage("b", ["a"], readAll).run(given)],
	[
		"hands a stream on that nobody reads",
		(light, given) =>
			light
				.pipeline()
				.stage("a", two)
				.stage("b", ["a"], () => 1)
				.run(given),
	],
	[
		"shares a stream",
		(light, given) =>
			light.pipeline().stage("a", two, { tee: true }).stage("b", ["a"], readAll).stage("c", ["a"], readAll).run(given),
	],
	[
		"is given the stream that it gives",
		(light, given) => {
			const source = Object.assign(two(), { given });
			return light
				.pipeline()
				.stage("a", (input: AsyncIterable<number>) => input)
				.run(source);
		},
	],
];

for (const isHeard of [true, false]) {
	it.each(runs)(`a run is collected that ${isHeard ? "is heard and " : ""}%s`, async (_, run) => {
		const tracerProvider = recordingTracerProvider();
		const light = footlight("docs-qa", isHeard ? { tracerProvider } : {});
		const inputs: WeakRef<object>[] = [];
		for (let time = 0; time < 5; time++) {
			const given = { name: `run ${time}` };
			inputs.push(new WeakRef(given));
			await run(light, given);
		}
		tracerProvider.clear();
		const held = () => inputs.filter((input) => input.deref() !== undefined).length;
		for (let time = 0; time < 100 && held() > 1; time++) {
			// What was looked at is kept until the turn is over.
			await sleep(1);
			global.gc?.();
		}
		// What ran last may still lie on the stack.
		expect(held()).toBeLessThanOrEqual(1);
	});
}
