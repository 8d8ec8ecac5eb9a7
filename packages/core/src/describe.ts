import type { CallKind } from "./call.ts";
import { describeLayer, type LayerDescription, type Middleware } from "./middleware.ts";

/** A stage's chain as data; as text, one readable line. */
export interface StageDescription {
	readonly pipeline: string;
	readonly name: string;
	readonly kind: CallKind;
	/** Outermost first. */
	readonly layers: readonly LayerDescription[];
	/** Name of the wrapped function. */
	readonly functionName: string;
	toString(): string;
}

const descriptions = new WeakMap<object, StageDescription>();

export function remember(
	wrapped: object,
	description: Omit<StageDescription, "layers" | "toString">,
	use: readonly Middleware[],
): void {
	descriptions.set(wrapped, {
		...description,
		// Composition is over: a later change of the list would be shown but not be true.
		layers: Object.freeze(use.map(describeLayer)),
		toString() {
			const chain = [...this.layers.map(layerText), this.functionName || this.name].join(" > ");
			return `${this.pipeline}/${this.name} (${this.kind}): ${chain}`;
		},
	});
}

function layerText({ name, options }: LayerDescription): string {
	const entries = Object.entries(options);
	return entries.length === 0 ? name : `${name}(${entries.map(([key, value]) => `${key}: ${value}`).join(", ")})`;
}

/**
 * Shows the layers around a wrapped function, outermost first.
 *
 * **Throws** TypeError for a function that no `stage`, `instrument` or `method` wrapped.
 *
 * @example
 * const search = light.stage("search", (query: string) => [query]);
 * console.log(String(describe(search))); // docs-qa/search (stage): observe > search
 */
export function describe(stage: object): StageDescription {
	const description = descriptions.get(stage);
	if (description === undefined) throw new TypeError("describe: the function is not a stage of any footlight(name)");
	return description;
}

export function isStage(value: object): boolean {
	return descriptions.has(value);
}
