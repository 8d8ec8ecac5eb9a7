import type { Definition, StageKind } from "../call.ts";
import { describe, remember, type StageDescription } from "../describe.ts";
import { compose, type Handler, type Middleware } from "../middleware.ts";
import { isIdleUnheard, isObserving, observing } from "../observing.ts";
import { awaited, isThenable } from "../thenable.ts";
import { type AnyFunction, callThrough } from "../wrap/stage.ts";
import type { Drawn } from "./draw-pipeline.ts";
import { currentOf, ownerOf } from "./node-scope.ts";
import type { PipelineCurrent } from "./runnable-pipeline.ts";
import { closeStream, isStream } from "./stream-reader.ts";

/** What a stage of a pipeline is made of. */
export interface StageParts {
	readonly definition: Definition;
	readonly kind: StageKind;
	/** Layers around it, those of the pipeline's light included. */
	readonly layers: readonly Middleware[];
	/** Numbers of the stages it depends on. */
	readonly after: readonly number[];
	readonly run: (given: unknown, ctx: PipelineCurrent) => unknown;
	/** The function as the user wrote it, to be known by its name. */
	readonly named: AnyFunction | undefined;
	readonly when: ((inputs: unknown) => unknown) | undefined;
	readonly tee: boolean;
	/** Of a stage made by `map`: what gives the items, and how many are worked on at once. */
	readonly items: ((inputs: unknown) => unknown) | undefined;
	readonly itemConcurrency: number;
	/** Of a stage that is a pipeline itself. */
	readonly inner: Drawn | undefined;
}

/** Watches a call on the run's behalf where no layer does. */
const reporting = observing("report", () => []);

/** A stage of a pipeline, with all that a call need not compute. */
export class StageNode {
	// What every call of it reads stands first, together.
	readonly name: string;
	readonly run: StageParts["run"];
	readonly when: StageParts["when"];
	readonly items: StageParts["items"];
	/** True where no layer has any part in what the stage does: where nobody listens, they may be left out. */
	readonly onlyObserves: boolean;
	/** False for a function that is sure to give a promise or a stream, or was seen to. */
	isLikelyPlain: boolean;
	readonly kind: StageKind;
	readonly definition: Definition;
	readonly layers: readonly Middleware[];
	readonly after: readonly number[];
	readonly tee: boolean;
	readonly itemConcurrency: number;
	readonly inner: Drawn | undefined;
	#handler: Handler | undefined;
	#refusal: Handler | undefined;

	constructor(parts: StageParts) {
		const { definition, layers } = parts;
		this.name = definition.name;
		this.kind = parts.kind;
		this.definition = definition;
		this.layers = layers;
		this.after = parts.after;
		this.run = parts.run;
		this.when = parts.when;
		this.tee = parts.tee;
		this.items = parts.items;
		this.itemConcurrency = parts.itemConcurrency;
		this.inner = parts.inner;
		this.isLikelyPlain =
			parts.inner === undefined && !/(Async|Generator)/.test(Object.prototype.toString.call(parts.named));
		this.onlyObserves = layers.every(isIdleUnheard);
		// Layers are composed once, when the stage is defined; where all of them only watch, nobody can tell the difference.
		if (!this.onlyObserves) this.#handler = this.#compose();
	}

	/** Answers a call of the stage, through all its layers. */
	get handler(): Handler {
		this.#handler ??= this.#compose();
		return this.#handler;
	}

	/** Answers a call that failed before the stage's function could be called, for those who observe. */
	get refusal(): Handler {
		this.#refusal ??= compose(this.#observed(this.layers.filter(isObserving)), (call) => {
			throw call.input[0];
		});
		return this.#refusal;
	}

	describe(): StageDescription {
		const { definition, layers, name, kind } = this;
		const functionName = definition.functionName ?? "";
		remember(this, { pipeline: definition.pipeline.name, name, kind, functionName }, layers);
		return describe(this);
	}

	#compose(): Handler {
		const [outermost, ...others] = this.#observed(this.layers);
		const apply = callThrough((scope) => {
			const owner = ownerOf(scope);
			if (owner.attempts > 1) owner.execution.streams?.refuseReadAgain(owner);
			return this.run(scope.call.input[0], currentOf(scope));
		});
		return compose([outermost as Middleware, refuseShared, ...others], apply);
	}

	#observed(layers: readonly Middleware[]): readonly Middleware[] {
		return layers[0] !== undefined && isObserving(layers[0]) ? layers : [reporting, ...layers];
	}
}

/** Fails a stage that gives a stream to several others without `tee`; inside the layer that observes, so that it is seen. */
function refuseShared(next: Handler): Handler {
	return (call) => {
		const result = next(call);
		const scope = ownerOf(call.scope);
		if (!scope.execution.isShared(scope)) return result;
		const checked = (value: unknown) => notShared(scope.node, value);
		return isThenable(result) ? awaited(result, checked) : checked(result);
	};
}

/** Gives back what may go to several stages; throws for a stream, of which there is only one. */
export function notShared(node: StageNode, value: unknown): unknown {
	if (!isStream(value)) return value;
	const problem = new TypeError(
		`pipeline ${node.definition.pipeline.name}: ${node.name} gives a stream, and more than one stage depends on it; ` +
			"set tee: true on it, so that each gets all items, or collect the items in it",
	);
	closeStream(value, problem);
	throw problem;
}
