import { type Definition, stageKinds } from "./call.ts";
import { activeContext, scopeOf } from "./context.ts";
import { createPipeline } from "./create-pipeline.ts";
import { remember } from "./describe.ts";
import { createGraph } from "./graph/create-graph.ts";
import type { FootlightOptions, Light, RunOptions, StageOptions } from "./light.ts";
import { withMeter } from "./middleware/cost.ts";
import { observe } from "./middleware/observe.ts";
import { describeLayer } from "./middleware.ts";
import { knownOptions, middlewareList, nonEmptyName, oneOf, optionalFunction, show } from "./option.ts";
import { prepare } from "./prepare.ts";
import { runStarter } from "./run.ts";
import { pipelineBuilder } from "./runner/build-pipeline.ts";
import { outside } from "./scope.ts";
import { checkInstrument, type InstrumentOptions, instrumentTarget } from "./wrap/instrument.ts";
import { isClass } from "./wrap/member.ts";
import { decorate } from "./wrap/method.ts";
import { presentAs } from "./wrap/present.ts";
import { providerOf } from "./wrap/provider.ts";
import { type AnyFunction, invoker, isAsyncFunction } from "./wrap/stage.ts";

/** How a function came to be a stage, as errors name it. */
type Wrapping = "stage" | "instrument" | "method";

const stageOptions = ["kind", "use", "provider", "usage"];

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
	const given = options.use ?? [observe()];
	middlewareList("footlight: use", given);
	const use = [...given];
	const startRun = runStarter(
		pipeline,
		use.filter((middleware) => describeLayer(middleware).observes),
	);
	/** What this light has instrumented: instrumented twice is instrumented once. */
	const instrumented = new WeakSet<AnyFunction>();

	function wrap<F extends AnyFunction>(where: Wrapping, stageName: string, fn: F, stage: StageOptions): F {
		if (typeof fn !== "function") throw new TypeError(`${where}: fn must be a function, got ${show(fn)}`);
		if (isClass(fn))
			throw new TypeError(`${where}: fn is the class ${fn.name}; use light.instrument(${fn.name}) for its methods`);
		nonEmptyName(`${where}: name`, stageName);
		oneOf(`${where}: kind`, stage.kind ?? "stage", stageKinds);
		if (stage.use !== undefined) middlewareList(`${where}: use`, stage.use);
		if (stage.provider !== undefined) nonEmptyName(`${where}: provider`, stage.provider);
		optionalFunction(`${where}: usage`, stage.usage);
		const layers = withMeter([...use, ...(stage.use ?? [])], stage);
		const definition: Definition = Object.freeze({
			kind: stage.kind ?? "stage",
			name: stageName,
			pipeline,
			...(fn.name && { functionName: fn.name }),
			...(stage.provider !== undefined && { provider: stage.provider }),
			...(stage.usage !== undefined && { usage: stage.usage }),
			isAsync: isAsyncFunction(fn),
			// Of an instrumented object most methods may never be called.
			bornAtZero: where !== "instrument",
			givesFreshPromises: isAsyncFunction(fn) && layers.every((layer) => describeLayer(layer).observes),
		});
		prepare(layers, definition);
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
			const { kind = "stage", methods, prefix, usage } = given;
			const provider = given.provider ?? (kind === "model" ? providerOf(target) : undefined);
			const stage: StageOptions = {
				kind,
				...(provider !== undefined && { provider }),
				...(usage !== undefined && { usage }),
			};
			return instrumentTarget(target, methods, (fn, member) => {
				if (instrumented.has(fn)) return fn;
				const wrapped = wrap("instrument", prefix ? `${prefix}.${member}` : member, fn, stage);
				instrumented.add(wrapped);
				return wrapped;
			});
		},
		method(given = {}) {
			const { name: methodName, ...stage } = given;
			knownOptions("method", stage, stageOptions);
			return decorate((fn, key) => wrap("method", methodName ?? key, fn, stage));
		},
		run<R>(...given: [() => R] | [RunOptions, () => R]): R {
			const [ids = {}, fn] = given.length === 1 ? [{}, given[0]] : given;
			return startRun(ids, fn);
		},
		graph: ((given) => createGraph(pipeline, use, startRun, given)) as Light["graph"],
		pipeline: pipelineBuilder({ pipeline, use, startRun }),
		current: () => scopeOf(activeContext()) ?? outside,
	};

	return light;
}
