import { expectTypeOf, it } from "vitest";
import { type AddingMiddleware, type AsyncMiddleware, footlight, type Handler } from "../index.ts";

const light = footlight("docs-qa");
const waiting = ((next: Handler) => next) as unknown as AsyncMiddleware;
const falling = ((next) => next) as AddingMiddleware<"none">;

async function outputsOf<Outputs>(pipeline: { run(): Promise<{ outputsOrThrow(): Outputs }> }): Promise<Outputs> {
	return (await pipeline.run()).outputsOrThrow();
}

it("gives each stage the outputs of those it names, and no others", async () => {
	const pipeline = light
		.pipeline()
		.stage("one", () => 1)
		.stage("two", async () => "two")
		.stage("three", ["one", "two"], (inputs, ctx) => {
			expectTypeOf(inputs).toEqualTypeOf<{ one: number; two: string }>();
			expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
			return [inputs.one];
		})
		.stage("four", ["three"], ({ three }) => {
			expectTypeOf(three).toEqualTypeOf<number[]>();
		});
	expectTypeOf(await outputsOf(pipeline)).toEqualTypeOf<{
		readonly one: number;
		readonly two: string;
		readonly three: number[];
		// biome-ignore lint/suspicious/noConfusingVoidType: it is what a function without a result gives
		readonly four: void;
	}>();
	// @ts-expect-error - there is no stage of that name
	const unknown = () => pipeline.stage("five", ["ones"], () => 1);
	// @ts-expect-error - it depends on nothing of that name
	const undeclared = () => pipeline.stage("five", ["one"], ({ two }) => two);
	void [unknown, undeclared];
});

it("asks for the input that the first stages take", () => {
	const pipeline = light.pipeline().stage("load", (input: URL) => input.href);
	expectTypeOf(pipeline.run).parameter(0).toEqualTypeOf<URL>();
	// @ts-expect-error - the input is missing
	const missing = () => pipeline.run();
	const both = pipeline.stage("other", (input: { readonly page: number }) => input.page);
	expectTypeOf(both.run).parameter(0).toEqualTypeOf<URL & { readonly page: number }>();
	const given = light.pipeline<string>().stage("shout", (text) => text.toUpperCase());
	expectTypeOf(given.run).parameter(0).toEqualTypeOf<string>();
	const none = () =>
		light
			.pipeline()
			.stage("one", () => 1)
			.run();
	void [missing, none];
});

it("collects a stream at the end, and hands one in the middle on as it is", async () => {
	const pipeline = light
		.pipeline()
		.stage("words", async function* () {
			yield "a";
		})
		.stage("shouted", ["words"], async function* ({ words }) {
			expectTypeOf(words).toEqualTypeOf<AsyncGenerator<string, void, unknown>>();
			for await (const word of words) yield word.length;
		})
		.stage("bytes", () => new ReadableStream<Uint8Array>({ start: (controller) => controller.close() }))
		.stage("list", () => ["not", "a", "stream"]);
	expectTypeOf(await outputsOf(pipeline)).toEqualTypeOf<{
		readonly words: undefined;
		readonly shouted: number[];
		readonly bytes: Uint8Array[];
		readonly list: string[];
	}>();
	const stream = pipeline.stream();
	expectTypeOf(stream.next()).resolves.toEqualTypeOf<IteratorResult<number | Uint8Array, undefined>>();
	await stream.return();
});

it("types the branches of a shared stream as iterations", () => {
	light
		.pipeline()
		.stage("words", () => new ReadableStream<string>(), { tee: true })
		.stage("reader", ["words"], ({ words }) => {
			expectTypeOf(words).toEqualTypeOf<AsyncIterableIterator<string>>();
		});
});

it("knows what layers and conditions make of an output", () => {
	light
		.pipeline()
		.stage("waiting", () => 1, { use: [waiting] })
		.stage("falling", () => 1, { use: [falling] })
		.stage("maybe", () => 1, { when: () => false })
		.stage("all", ["waiting", "falling", "maybe"], (inputs) => {
			expectTypeOf(inputs).toEqualTypeOf<{ waiting: number; falling: number | "none"; maybe: number | undefined }>();
		})
		.stage("after", ["falling"], () => 1, {
			when: (inputs) => {
				expectTypeOf(inputs).toEqualTypeOf<{ falling: number | "none" }>();
				return true;
			},
		});
});

it("says that under best-effort an input may be missing", () => {
	light
		.pipeline({ mode: "best-effort" })
		.stage("one", () => 1)
		.stage("two", ["one"], ({ one }) => {
			expectTypeOf(one).toEqualTypeOf<number | undefined>();
		});
});

it("types the items of a map and its results", () => {
	light
		.pipeline()
		.stage("words", () => ["a"])
		.map(
			"lengths",
			["words"],
			({ words }) => words,
			(word, ctx) => {
				expectTypeOf(word).toEqualTypeOf<string>();
				expectTypeOf(ctx.index).toEqualTypeOf<number | undefined>();
				return word.length;
			},
		)
		.stage("sum", ["lengths"], ({ lengths }) => {
			expectTypeOf(lengths).toEqualTypeOf<number[]>();
		});
});

it("takes a pipeline for a stage where its input fits, and gives its outputs", () => {
	const inner = light.pipeline().stage("double", ({ one }: { one: number }) => one * 2);
	light
		.pipeline()
		.stage("one", () => 1)
		.stage("two", () => "two")
		.stage("inner", ["one"], inner)
		.stage("adapted", ["two"], inner, { input: ({ two }) => ({ one: two.length }) })
		.stage("end", ["inner", "adapted"], ({ inner: { double }, adapted }) => {
			expectTypeOf(double).toEqualTypeOf<number>();
			expectTypeOf(adapted.double).toEqualTypeOf<number>();
		});
	const two = light.pipeline().stage("two", () => "two");
	// @ts-expect-error - it does not take what the stage would give it
	const misfit = () => two.stage("inner", ["two"], inner);
	void misfit;
});

it("tells a good end from a bad one", async () => {
	const result = await light
		.pipeline()
		.stage("one", () => 1)
		.run();
	if (result.outcome === "ok") expectTypeOf(result.outputs).toEqualTypeOf<{ readonly one: number }>();
	else expectTypeOf(result.outputs).toEqualTypeOf<Readonly<Partial<{ readonly one: number }>>>();
});
