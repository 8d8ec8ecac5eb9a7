// Over 250 lines: the types of one builder, which refer to each other.
import type { StageDescription } from "../describe.ts";
import type { RunOptions, StageOptions } from "../light.ts";
import type { Current } from "../scope.ts";
import type { Staged } from "../wrap/staged.ts";
import type { FailureMode } from "./options.ts";
import type { PipelineResult, PipelineStream } from "./result.ts";

/** What the function of a stage is given beside its inputs. */
export interface PipelineCurrent<Input = unknown> extends Current {
	/** What the run was given. */
	readonly input: Input;
	/** Number of the item, from 0, in a stage made by `map`; undefined in others. */
	readonly index: number | undefined;
}

/** Options of a stage of a pipeline. */
export interface PipelineStageOptions<Inputs = unknown> extends StageOptions {
	/** Runs the stage only where this is true; else its outcome is `skipped` and its output undefined. */
	readonly when?: (inputs: Inputs) => boolean;
	/** Lets several stages read the stream this one gives: each has all items, the slowest sets the pace. @default false */
	readonly tee?: boolean;
}

/** Options of a stage that is called once for each item of a list. */
export interface MapOptions<Inputs = unknown> extends Omit<PipelineStageOptions<Inputs>, "tee"> {
	/** How many items may be worked on at the same time. @default no limit but the pipeline's */
	readonly concurrency?: number;
}

/** Options of a stage that is a pipeline itself. */
export interface SubPipelineOptions<Inputs = unknown, Given = unknown>
	extends Omit<PipelineStageOptions<Inputs>, "tee"> {
	/** Makes the input of the inner pipeline out of this stage's inputs. @default the inputs as they are */
	readonly input?: (inputs: Inputs) => Given;
}

/** A stage as data, for pipelines that are generated: names are not typed, and may stand after those who use them. */
export interface StageDefinition extends PipelineStageOptions<never> {
	readonly name: string;
	/** Names of the stages whose outputs it is given; without any it is given the pipeline's input. @default none */
	readonly after?: readonly string[];
	readonly run: (inputs: never, ctx: PipelineCurrent) => unknown;
}

/** Options of one run of a pipeline: ids, signal and how it begins. */
export interface PipelineRunOptions extends RunOptions {
	/** Ends the run when it takes longer, with outcome `timeout`. @default that of the pipeline */
	readonly timeoutMs?: number;
}

/** What options are inferred as; what their functions are given is said beside it. */
interface GivenOptions extends StageOptions {
	readonly when?: unknown;
	readonly tee?: boolean;
	readonly concurrency?: number;
	readonly input?: unknown;
}

type UseOf<Options> = Options extends { readonly use: infer Use extends readonly unknown[] } ? Use : readonly [];

type Skipped<Options> = "when" extends keyof Options ? undefined : never;

/** What a stage hands on, its layers and its condition considered. */
type Answer<R, Options> = Awaited<ReturnType<Staged<() => R, UseOf<Options>>>>;

/** The items of a stream that the end of a run collects; anything that is no stream stays as it is. */
export type Collected<T> =
	T extends ReadableStream<infer Item>
		? Item[]
		: T extends AsyncIterable<infer Item>
			? Item[]
			: T extends Iterator<infer Item> & Iterable<unknown>
				? Item[]
				: T;

type ItemOf<T> =
	T extends ReadableStream<infer Item>
		? Item
		: T extends AsyncIterable<infer Item>
			? Item
			: T extends Iterator<infer Item> & Iterable<unknown>
				? Item
				: never;

/** A stream that another stage has read is not there any more at the end. */
type Consumed<T> = [ItemOf<T>] extends [never] ? T : undefined;

type Passed<R, Options> = Options extends { readonly tee: true }
	? [ItemOf<Answer<R, Options>>] extends [never]
		? Answer<R, Options>
		: AsyncIterableIterator<ItemOf<Answer<R, Options>>>
	: Answer<R, Options>;

type Lenient<T, Mode> = Mode extends "best-effort" ? T | undefined : T;

/** The inputs of a stage, out of the outputs of those it depends on. */
export type InputsOf<Stages, After extends readonly (keyof Stages)[], Mode> = {
	[Name in After[number]]: Lenient<Stages[Name], Mode>;
};

/** What a run gives: the output of each stage, streams at the end of the pipeline collected. */
export type OutputsOf<Stages, Used, Mode> = {
	readonly [Name in keyof Stages]: Name extends Used ? Lenient<Consumed<Stages[Name]>, Mode> : Collected<Stages[Name]>;
};

type StreamItems<Stages, Used> = {
	[Name in keyof Stages]: Name extends Used ? never : ItemOf<Stages[Name]>;
}[keyof Stages];

declare const types: unique symbol;

/** What is known of any pipeline, and of a graph: its input and its outputs. */
export interface AnyPipeline<Input = never, Outputs = unknown> {
	readonly name: string;
	readonly [types]?: { readonly input: (input: Input) => void; readonly outputs: Outputs };
	toMermaid(): string;
}

type Names<Stages> = keyof Stages & string;

type RunArguments<Input> = undefined extends Input
	? [input?: Input, options?: PipelineRunOptions]
	: [input: Input, options?: PipelineRunOptions];

type Items<Item> = Iterable<Item> | AsyncIterable<Item> | ReadableStream<Item>;

type Add<Input, Stages, Used, Mode extends FailureMode, Name extends string, Output, After> = RunnablePipeline<
	Input,
	Stages & { [Key in Name]: Output },
	Used | After,
	Mode
>;

/**
 * A pipeline of stages, built step by step: each call gives a new one and leaves the old one as it was. It may run many
 * times, also at the same time.
 */
export interface RunnablePipeline<Input, Stages, Used, Mode extends FailureMode>
	extends AnyPipeline<Input, OutputsOf<Stages, Used, Mode>> {
	/**
	 * Adds a stage that depends on no other: its function gets the pipeline's input.
	 *
	 * **Throws** RangeError or TypeError for a name that is taken, a dependency that is unknown, options that cannot be.
	 *
	 * @example
	 * const shout = light.pipeline().stage("shout", (text: string) => text.toUpperCase());
	 * const result = await shout.run("hello");
	 * result.outputsOrThrow().shout; // => "HELLO"
	 */
	stage<const Name extends string, R, Given = Input, const Options extends GivenOptions = Record<never, never>>(
		name: Name,
		run: (input: Given, ctx: PipelineCurrent<Input & Given>) => R,
		options?: Options & PipelineStageOptions<Input & Given>,
	): Add<Input & Given, Stages, Used, Mode, Name, Passed<R, Options> | Skipped<Options>, never>;
	/** Adds a stage that is a pipeline or a graph itself: it gets the pipeline's input, and gives its outputs. */
	stage<const Name extends string, SubInput, SubOutputs, const Options extends GivenOptions = Record<never, never>>(
		name: Name,
		pipeline: AnyPipeline<SubInput, SubOutputs>,
		options?: Options & SubPipelineOptions<Input, NoInfer<SubInput>>,
	): Add<
		"input" extends keyof Options ? Input : Input & SubInput,
		Stages,
		Used,
		Mode,
		Name,
		Answer<SubOutputs, Options> | Skipped<Options>,
		never
	>;
	/** Adds a stage that starts as soon as those it depends on are done, and gets their outputs by name. */
	stage<
		const Name extends string,
		const After extends readonly Names<Stages>[],
		R,
		const Options extends GivenOptions = Record<never, never>,
	>(
		name: Name,
		after: After,
		run: (inputs: InputsOf<Stages, After, Mode>, ctx: PipelineCurrent<Input>) => R,
		options?: Options & PipelineStageOptions<InputsOf<Stages, After, Mode>>,
	): Add<Input, Stages, Used, Mode, Name, Passed<R, Options> | Skipped<Options>, After[number]>;
	/** Adds a stage that is a pipeline or a graph itself: a run of its own below the stage's span. */
	stage<
		const Name extends string,
		const After extends readonly Names<Stages>[],
		SubInput,
		SubOutputs,
		const Options extends GivenOptions = Record<never, never>,
	>(
		name: Name,
		after: After,
		pipeline: AnyPipeline<SubInput, SubOutputs>,
		...options: InputsOf<Stages, After, Mode> extends SubInput
			? [options?: Options & SubPipelineOptions<InputsOf<Stages, After, Mode>, NoInfer<SubInput>>]
			: [
					options: Options &
						SubPipelineOptions<InputsOf<Stages, After, Mode>, NoInfer<SubInput>> & { readonly input: unknown },
				]
	): Add<Input, Stages, Used, Mode, Name, Answer<SubOutputs, Options> | Skipped<Options>, After[number]>;
	/**
	 * Adds a stage that is called once for each item of a list or a stream; its output is the results, in the items' order.
	 *
	 * @example
	 * const lengths = light.pipeline().map("lengths", (words: string[]) => words, (word) => word.length);
	 * const result = await lengths.run(["a", "bc"]);
	 * result.outputsOrThrow().lengths; // => [1, 2]
	 */
	map<const Name extends string, Item, R, Given = Input, const Options extends GivenOptions = Record<never, never>>(
		name: Name,
		items: (input: Given) => Items<Item>,
		run: ((item: Item, ctx: PipelineCurrent<Input & Given>) => R) | AnyPipeline<Item, R>,
		options?: Options & MapOptions<Input & Given>,
	): Add<Input & Given, Stages, Used, Mode, Name, Collected<Answer<R, Options>>[] | Skipped<Options>, never>;
	map<
		const Name extends string,
		const After extends readonly Names<Stages>[],
		Item,
		R,
		const Options extends GivenOptions = Record<never, never>,
	>(
		name: Name,
		after: After,
		items: (inputs: InputsOf<Stages, After, Mode>) => Items<Item>,
		run: ((item: Item, ctx: PipelineCurrent<Input>) => R) | AnyPipeline<Item, R>,
		options?: Options & MapOptions<InputsOf<Stages, After, Mode>>,
	): Add<Input, Stages, Used, Mode, Name, Collected<Answer<R, Options>>[] | Skipped<Options>, After[number]>;
	/**
	 * Adds stages given as data; within the list they may stand in any order.
	 *
	 * **Throws** RangeError for stages that wait for each other, with the path: `stages form a cycle: a > b > a`.
	 *
	 * @example
	 * const generated = light.pipeline().stages([
	 *   { name: "last", after: ["first"], run: ({ first }: { first: number }) => first + 1 },
	 *   { name: "first", run: () => 1 },
	 * ]);
	 * const result = await generated.run();
	 * result.outputs; // => { last: 2, first: 1 }
	 */
	stages(list: readonly StageDefinition[]): RunnablePipeline<Input, Stages & Record<string, unknown>, Used, Mode>;
	/**
	 * Runs the pipeline once. Does not reject for a failing stage: the result says how it went.
	 *
	 * **Throws** (as a rejection) RangeError or TypeError for options that cannot be, and for runs that nest too deep.
	 *
	 * @example
	 * const pipeline = light.pipeline().stage("load", (url: URL) => url.pathname);
	 * const result = await pipeline.run(new URL("https://example.com/a"), { userId: "user-7" });
	 * result.outcome; // => "ok"
	 */
	run(...given: RunArguments<Input>): Promise<PipelineResult<OutputsOf<Stages, Used, Mode>>>;
	/**
	 * Runs the pipeline once and gives the items of the stream that stands at its end as they come. Throws what the run
	 * failed with; leaving the loop cancels the run. At a timeout or an abort an item that never comes is waited for no
	 * longer than `cancelGraceMs`.
	 *
	 * **Throws** at once, where {@link run} rejects, RangeError or TypeError for options that cannot be, and for runs that
	 * nest too deep.
	 *
	 * @example
	 * const pipeline = light.pipeline().stage("answer", async function* () {
	 *   yield* ["to", "be"];
	 * });
	 * for await (const word of pipeline.stream()) console.log(word);
	 */
	stream(...given: RunArguments<Input>): PipelineStream<StreamItems<Stages, Used>, OutputsOf<Stages, Used, Mode>>;
	/** Shows the layers around each stage. */
	describe(): readonly StageDescription[];
	/** Draws the pipeline as a Mermaid flowchart: kinds by shape, conditions dotted, inner pipelines as frames. */
	toMermaid(): string;
}
