import type { TracerProvider } from "@opentelemetry/api";
import { type Definition, type StageKind, stageKinds } from "./call.ts";
import { type CaptureOptions, checkCapture } from "./capture.ts";
import { type Clock, systemClock } from "./clock.ts";
import { activeContext, scopeOf } from "./context.ts";
import { type CorrelationIds, checkCorrelationIds, correlationOptions } from "./correlation.ts";
import { createCall } from "./create-call.ts";
import { isStage, remember } from "./describe.ts";
import type { EventSink } from "./event.ts";
import { checkLogger, type Logger } from "./logger.ts";
import { observe } from "./middleware/observe.ts";
import { compose, describeLayer, type Middleware } from "./middleware.ts";
import { knownOptions, middlewareList, nonEmptyName, oneOf, optionalBoolean, show } from "./option.ts";
import { Pipeline } from "./pipeline.ts";
import { type Current, outside, Run } from "./scope.ts";
import { type InstrumentOptions, instrumentTarget, isClass } from "./wrap/instrument.ts";
import { type AnyMethod, decorate } from "./wrap/method.ts";
import { presentAs } from "./wrap/present.ts";
import { providerOf } from "./wrap/provider.ts";
import { type AnyFunction, callThrough, invoker } from "./wrap/stage.ts";
import type { Staged } from "./wrap/staged.ts";

/** Options of {@link footlight}. */
export interface FootlightOptions {
	/** Layers around every stage, outermost first; those of them that observe stand around every run too. @default [observe()] */
	readonly use?: readonly Middleware[];
	/** Takes a line for each call, and what `light.current().log` is given: pino, or anything of its shape. */
	readonly logger?: Logger;
	/** Take every event, beside the span and the Logs API. */
	readonly sinks?: readonly EventSink[];
	/** What of inputs and outputs may stand on spans. @default nothing */
	readonly capture?: CaptureOptions;
	/** Where spans go. @default the globally registered provider, whenever that is */
	readonly tracerProvider?: TracerProvider;
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
	stage<F extends AnyFunction, const Use extends readonly Middleware[]>(name: string, fn: F, options: StageOptions<Use>): Staged<F, Use>;
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
	/** The innermost call that runs now; outside of runs and stages, an object whose members do nothing. */
	current(): Current;
}

const known = ["use", "logger", "sinks", "capture", "tracerProvider", "clock"];
const stageOptions = ["kind", "use", "provider"];

/**
 * Makes the light of a pipeline: the one object that wraps its stages and frames its runs.
 *
 * **Throws** TypeError or RangeError for a name or an option that cannot be, naming it, its value and what it may be.
 *
 * @example
 * const light = footlight("docs-qa");
 * const shout = light.stage("shout", (text: string) => text.toUpperCase());
 * const loud = light.run({ userId: "user-7" }, () => shout("hello")); // => "HELLO"
 */
export function footlight(name: string, options: FootlightOptions = {}): Light {
	nonEmptyName("footlight: name", name);
	const pipeline = createPipeline(name, options);
	const use = options.use ?? [observe()];
	middlewareList("footlight: use", use);
	const observing = use.filter((middleware) => describeLayer(middleware).observes);

	function wrap<F extends AnyFunction>(where: string, stageName: string, fn: F, stage: StageOptions): F {
		if (typeof fn !== "function") throw new TypeError(`${where}: fn must be a function, got ${show(fn)}`);
		if (isClass(fn)) throw new TypeError(`${where}: fn is the class ${fn.name}; use light.instrument(${fn.name}) for its methods`);
		nonEmptyName(`${where}: name`, stageName);
		oneOf(`${where}: kind`, stage.kind ?? "stage", stageKinds);
		if (stage.use !== undefined) middlewareList(`${where}: use`, stage.use);
		if (stage.provider !== undefined) nonEmptyName(`${where}: provider`, stage.provider);
		const definition: Definition = Object.freeze({
			kind: stage.kind ?? "stage",
			name: stageName,
			pipeline,
			...(fn.name && { functionName: fn.name }),
			...(stage.provider !== undefined && { provider: stage.provider }),
		});
		const layers = [...use, ...(stage.use ?? [])];
		const wrapped = presentAs(fn, invoker(definition, fn, layers));
		remember(wrapped, { pipeline: name, name: stageName, kind: definition.kind, functionName: fn.name }, layers);
		return wrapped;
	}

	const light: Light = {
		name,
		stage<F extends AnyFunction>(stageName: string, fn: F, stage: StageOptions = {}): F {
			knownOptions("stage", stage, stageOptions);
			return wrap("stage", stageName, fn, stage);
		},
		instrument<T extends object>(target: T, given: InstrumentOptions = {}): T {
			checkInstrument(target, given);
			const { kind = "stage", methods, prefix } = given;
			const provider = given.provider ?? (kind === "model" ? providerOf(target) : undefined);
			const stage: StageOptions = { kind, ...(provider !== undefined && { provider }) };
			return instrumentTarget(target, methods, (fn, member) =>
				// Instrumented twice by the same light is instrumented once.
				isStage(fn) && wrappedHere.has(fn) ? fn : noted(wrap("instrument", prefix ? `${prefix}.${member}` : member, fn, stage)),
			);
		},
		method(given = {}) {
			const { name: methodName, ...stage } = given;
			knownOptions("method", stage, stageOptions);
			return decorate((fn, key) => wrap("method", methodName ?? key, fn, stage));
		},
		run<R>(...given: [() => R] | [RunOptions, () => R]): R {
			const [ids, fn] = given.length === 1 ? [{}, given[0]] : given;
			return startRun(ids, fn);
		},
		current: () => scopeOf(activeContext()) ?? outside,
	};

	const wrappedHere = new WeakSet<AnyFunction>();
	const noted = (wrapped: AnyFunction): AnyFunction => {
		wrappedHere.add(wrapped);
		return wrapped;
	};

	const runDefinition: Definition = Object.freeze({ kind: "run", name, pipeline });
	const runHandler = compose(
		observing,
		callThrough((call) => (call.input[0] as () => unknown)()),
	);

	function startRun<R>(ids: RunOptions, fn: () => R): R {
		if (typeof fn !== "function") throw new TypeError(`run: fn must be a function, got ${show(fn)}`);
		checkRun(ids);
		const { root = false, signal, ...correlation } = ids;
		const parent = scopeOf(activeContext());
		const run = new Run({ ...inherited(parent?.call.ids), ...correlation, runId: correlation.runId ?? crypto.randomUUID() }, root);
		if (!pipeline.listening) pipeline.warnUnheard();
		const call = createCall(runDefinition, [fn], undefined, parent, run, signal ?? parent?.call.signal);
		return runHandler(call) as R;
	}

	return light;
}

/** What a run inside a run takes over: everything but the outer run's own id. */
function inherited(ids: CorrelationIds | undefined): CorrelationIds {
	if (ids === undefined) return {};
	const { runId: _, ...rest } = ids;
	return rest;
}

function createPipeline(name: string, options: FootlightOptions): Pipeline {
	knownOptions("footlight", options, known);
	const { logger, sinks = [], capture, tracerProvider, clock = systemClock } = options;
	if (logger !== undefined) checkLogger("footlight: logger", logger);
	if (!Array.isArray(sinks)) throw new TypeError(`footlight: sinks must be an array of event sinks, got ${show(sinks)}`);
	sinks.forEach((sink: Partial<EventSink> | null, index) => {
		if (typeof sink?.tryEmit !== "function") throw new TypeError(`footlight: sinks[${index}] must have a method tryEmit(event), got ${show(sink)}`);
	});
	checkCapture("footlight: capture", capture);
	if (tracerProvider !== undefined && typeof (tracerProvider as Partial<TracerProvider> | null)?.getTracer !== "function") {
		throw new TypeError(`footlight: tracerProvider must have a method getTracer(name), got ${show(tracerProvider)}`);
	}
	return new Pipeline(name, { logger, sinks: [...sinks], clock, capture: { ...capture }, tracerProvider });
}

function checkInstrument(target: unknown, options: InstrumentOptions): void {
	if ((typeof target !== "object" && typeof target !== "function") || target === null) {
		throw new TypeError(`instrument: target must be an object, a class or an array of functions, got ${show(target)}`);
	}
	knownOptions("instrument", options, ["kind", "methods", "prefix", "provider"]);
	const { methods, prefix } = options;
	if (prefix !== undefined) nonEmptyName("instrument: prefix", prefix);
	if (methods === undefined) return;
	if (!Array.isArray(methods) || methods.length === 0) {
		throw new TypeError(`instrument: methods must be a list of paths such as "chat.completions.create", got ${show(methods)}`);
	}
	methods.forEach((path, index) => nonEmptyName(`instrument: methods[${index}]`, path));
}

function checkRun(options: RunOptions): void {
	knownOptions("run", options, [...correlationOptions, "root", "signal"]);
	checkCorrelationIds("run", options);
	optionalBoolean("run: root", options.root);
	if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
		throw new TypeError(`run: signal must be an AbortSignal, got ${show(options.signal)}`);
	}
}
