import { type Definition, type StageKind, stageKinds } from "../call.ts";
import type { UsageExtractor } from "../cost/token-usage.ts";
import { withMeter } from "../middleware/cost.ts";
import { describeLayer, type Middleware } from "../middleware.ts";
import {
	knownOptions,
	middlewareList,
	nonEmptyName,
	oneOf,
	optionalBoolean,
	optionalFunction,
	positiveInteger,
	refuse,
	stringList,
} from "../option.ts";
import type { Pipeline } from "../pipeline.ts";
import { prepare } from "../prepare.ts";
import { isClass } from "../wrap/member.ts";
import { type AnyFunction, isAsyncFunction } from "../wrap/stage.ts";
import type { Drawn } from "./draw-pipeline.ts";
import { StageNode, type StageParts } from "./stage-node.ts";

/** What a stage is defined by, as it was given. */
export interface StageInput {
	/** How it was given, as errors name it. */
	readonly where: string;
	readonly name: unknown;
	readonly after: unknown;
	readonly items?: StageParts["items"];
	readonly run: StageParts["run"];
	/** The user's own function. */
	readonly named: StageParts["run"] | undefined;
	readonly inner: Drawn | undefined;
	readonly options: unknown;
}

/** A stage that has yet to be told the numbers of those it depends on. */
export interface DefinedStage {
	readonly name: string;
	readonly after: readonly string[];
	make(after: readonly number[]): StageNode;
}

/** The options, once they are checked. */
interface Checked {
	readonly kind?: StageKind;
	readonly use?: readonly Middleware[];
	readonly provider?: string;
	readonly usage?: UsageExtractor;
	readonly when?: (inputs: unknown) => unknown;
	readonly tee?: boolean;
	readonly concurrency?: number;
	readonly input?: (inputs: unknown) => unknown;
}

const known = ["kind", "use", "provider", "usage", "when"];

/** Checks what a stage is defined by. */
export function defineStage(pipeline: Pipeline, use: readonly Middleware[], input: StageInput): DefinedStage {
	const { where, inner, items, named } = input;
	const name = nonEmptyName(`${where}: name`, input.name);
	// As the key of an object, the one would set its prototype, and the other make a promise of it.
	if (name === "__proto__" || name === "then") refuse(RangeError, `${where}: name`, `another name than ${name}`, name);
	const after = stringList(`${where}: after`, input.after);
	if (named !== undefined && isClass(named))
		throw new TypeError(`${where}: run must be a function, got the class ${named.name}`);
	const options = checkOptions(input);
	const { kind = "stage", provider, usage, when, tee = false, concurrency = Infinity } = options;

	return {
		name,
		after,
		make(numbers) {
			const layers = withMeter([...use, ...(options.use ?? [])], options);
			const isAsync = named !== undefined && isAsyncFunction(named as AnyFunction);
			const definition: Definition = Object.freeze({
				kind,
				name,
				pipeline,
				...(named?.name && named.name !== "run" && { functionName: named.name }),
				...(provider !== undefined && { provider }),
				...(usage !== undefined && { usage }),
				isAsync,
				bornAtZero: true,
				givesFreshPromises: isAsync && layers.every((layer) => describeLayer(layer).observes),
			});
			prepare(layers, definition);
			const run = options.input === undefined ? input.run : adapted(input.run, options.input);
			return new StageNode({
				...{ definition, kind, layers, after: numbers, run, named, when, tee, inner },
				...{ items, itemConcurrency: concurrency },
			});
		},
	};
}

function adapted(run: StageParts["run"], input: (inputs: unknown) => unknown): StageParts["run"] {
	return (inputs, ctx) => run(input(inputs), ctx);
}

function checkOptions({ where, items, inner, options = {} }: StageInput): Checked {
	const own = items !== undefined ? ["concurrency"] : inner !== undefined ? ["input"] : ["tee"];
	knownOptions(where, options, [...known, ...own]);
	const checked = options as Checked;
	oneOf(`${where}: kind`, checked.kind ?? "stage", stageKinds);
	if (checked.use !== undefined) middlewareList(`${where}: use`, checked.use);
	if (checked.provider !== undefined) nonEmptyName(`${where}: provider`, checked.provider);
	optionalFunction(`${where}: usage`, checked.usage);
	optionalFunction(`${where}: when`, checked.when);
	optionalBoolean(`${where}: tee`, checked.tee);
	optionalFunction(`${where}: input`, checked.input);
	if (checked.concurrency !== undefined) positiveInteger(`${where}: concurrency`, checked.concurrency);
	return checked;
}
