import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import type { StageKind } from "./call.ts";
import type { CaptureOptions } from "./capture.ts";
import type { Clock } from "./clock.ts";
import type { CorrelationIds } from "./correlation.ts";
import type { Charge } from "./cost/charge.ts";
import type { PriceBook } from "./cost/price-book.ts";
import type { UsageExtractor } from "./cost/token-usage.ts";
import type { EventSink } from "./event.ts";
import type { Graph, GraphOptions } from "./graph/graph.ts";
import type { Logger } from "./logger.ts";
import type { Middleware } from "./middleware.ts";
import type { FailureMode, PipelineOptions } from "./runner/options.ts";
import type { RunnablePipeline } from "./runner/runnable-pipeline.ts";
import type { Current } from "./scope.ts";
import type { InstrumentOptions } from "./wrap/instrument.ts";
import type { AnyMethod } from "./wrap/method.ts";
import type { AnyFunction } from "./wrap/stage.ts";
import type { Staged } from "./wrap/staged.ts";

/**
 * A layer that may stand around every stage: it leaves what is synchronous synchronous. A list is typed as the tuple it is
 * written as (`readonly []`), or one that waits would be taken for what it shares with its neighbours.
 */
type AnywhereMiddleware = Middleware & { readonly waits?: never };

/** Options of `footlight(name, options)`. */
export interface FootlightOptions {
	/**
	 * Layers around every stage, outermost first; those of them that observe stand around every run too. One that must wait
	 * belongs in the options of a stage, whose type then says so. @default [observe()]
	 */
	readonly use?: readonly AnywhereMiddleware[] | readonly [];
	/** Takes a line for each call, and what `light.current().log` is given: pino, or anything of its shape. */
	readonly logger?: Logger;
	/** Take every event, beside the span and the Logs API. */
	readonly sinks?: readonly EventSink[];
	/** What of inputs and outputs may stand on spans. @default nothing */
	readonly capture?: CaptureOptions;
	/** Where spans go. @default the globally registered provider, whenever that is */
	readonly tracerProvider?: TracerProvider;
	/** Where metrics go. @default the globally registered provider, whenever that is */
	readonly meterProvider?: MeterProvider;
	/** What models cost; of several the first that knows a model counts. @default none: tokens are counted, money is not */
	readonly prices?: PriceBook | readonly PriceBook[];
	/** Hears of everything that is spent: `costLedger().record`, for one. What it throws or rejects with is counted and has no effect. */
	readonly onCharge?: (charge: Charge) => void;
	/** @default the machine's clock */
	readonly clock?: Clock;
}

/** Options of `light.stage`. */
export interface StageOptions<Use extends readonly unknown[] = readonly Middleware[]> {
	/** What the stage does; `model`, `tool`, `agent` and `retrieval` get attributes of the GenAI conventions. @default "stage" */
	readonly kind?: StageKind;
	/** Layers around this stage, inside those of the pipeline, outermost first. @default none */
	readonly use?: Use;
	/** Provider of a model, as in `gen_ai.provider.name`. */
	readonly provider?: string;
	/** Reads what a call was billed for from its result, or from each item of a stream. @default by the shape of the answer, for `kind: "model"` */
	readonly usage?: UsageExtractor;
}

/** Identifiers of a run and how it begins. */
export interface RunOptions extends CorrelationIds {
	/** Begins a new trace, linked to the active span, instead of a child of it. @default false */
	readonly root?: boolean;
	/** Aborts the run: handed to every stage inside as `light.current().signal`. */
	readonly signal?: AbortSignal;
}

/** A pipeline's light: wraps its stages and frames its runs. */
export interface Light {
	readonly name: string;
	/**
	 * Wraps a function so that each call is a span, a log line and whatever its layers make of it; same type out.
	 *
	 * **Throws** TypeError or RangeError for a name or an option that cannot be.
	 *
	 * @example
	 * const search = light.stage("search", (query: string) => [query], { kind: "retrieval" });
	 */
	stage<F extends AnyFunction>(name: string, fn: F, options?: StageOptions<readonly []>): F;
	stage<F extends AnyFunction, const Use extends readonly Middleware[]>(
		name: string,
		fn: F,
		options: StageOptions<Use>,
	): Staged<F, Use>;
	/**
	 * Wraps the methods of an object, an instance, a class, or the functions of an array. Objects are changed in place, so
	 * `this`, private fields and calls among the methods keep working and are seen; a frozen one stands behind a proxy.
	 *
	 * @example
	 * const store = light.instrument({ read: (key: string) => key.length });
	 */
	instrument<T extends object>(target: T, options?: InstrumentOptions): T;
	/**
	 * Decorates a method as a stage, under its own name; for TC39 decorators and for TypeScript's older ones.
	 *
	 * @example
	 * // class Loader { @light.method({ kind: "tool" }) load(url: URL) { ... } }
	 */
	method(options?: StageOptions<readonly Middleware[]> & { readonly name?: string }): AnyMethod;
	/**
	 * Frames one run: a span with every stage below it, and correlation ids on all that is recorded inside.
	 *
	 * Inside an active span it is its child; `root: true` begins a trace of its own. A run that returns a stream lasts as
	 * long as the stream.
	 *
	 * @example
	 * const answer = await light.run({ userId: "user-7" }, async () => "forty-two");
	 */
	run<R>(fn: () => R): R;
	run<R>(options: RunOptions, fn: () => R): R;
	/**
	 * Makes a graph: nodes that take a state and give the next one, and the ways between them, cycles included. Each run is
	 * a span with one stage for each step.
	 *
	 * What the nodes take is the state's type; where one is annotated, the others and the edges know it, and so are the
	 * names.
	 *
	 * **Throws** TypeError or RangeError for what makes no graph: names that are unknown, nodes that nothing leads to.
	 *
	 * @example
	 * const graph = light.graph({
	 *   nodes: {
	 *     draft: (state: { text: string; rounds: number }) => ({ text: `${state.text}!`, rounds: state.rounds + 1 }),
	 *     review: (state) => state,
	 *   },
	 *   edges: [
	 *     { from: "draft", to: "review" },
	 *     { from: "review", to: "draft", when: (state) => state.rounds < 3 },
	 *   ],
	 *   entry: "draft",
	 * });
	 * const result = await graph.run({ text: "hello", rounds: 0 });
	 * result.outputOrThrow().text; // => "hello!!!"
	 */
	graph<State, const Name extends string = string, Item = never>(
		options: GraphOptions<State, Name, Item>,
	): Graph<State, Item, Name>;
	/**
	 * Makes a pipeline of stages that depend on each other's outputs: typed, parallel, cancellable. Stages are added to it.
	 *
	 * **Throws** TypeError or RangeError for options that cannot be.
	 *
	 * @example
	 * const pipeline = light
	 *   .pipeline({ concurrency: 4, timeoutMs: 30_000 })
	 *   .stage("load", (name: string) => load(name))
	 *   .stage("words", ["load"], ({ load }) => load.split(" "))
	 *   .stage("count", ["words"], ({ words }) => words.length);
	 * const result = await pipeline.run("index");
	 * result.outputsOrThrow().count; // => 3
	 */
	pipeline<Input = unknown, const Mode extends FailureMode = "fail-fast">(
		options?: PipelineOptions<Mode>,
	): RunnablePipeline<Input, Record<never, never>, never, Mode>;
	/** The innermost call that runs now; outside of runs and stages, an object whose members do nothing. */
	current(): Current;
}
