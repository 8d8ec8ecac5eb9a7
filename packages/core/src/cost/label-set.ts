import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { operationOf } from "../telemetry/gen-ai.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { MetricAttribute } from "../telemetry/metric.ts";
import { boundedLabel } from "./bounded-label.ts";

/** Labels of a metric, frozen and the same object for each recording, so that a provider can know them by identity. */
export class LabelSet {
	readonly attributes: Attributes;
	readonly #larger = new Map<MetricAttribute, Map<string, LabelSet>>();

	constructor(attributes: Attributes) {
		this.attributes = Object.freeze(attributes);
	}

	/** The set with one label more, kept for each value: of those there must be few. */
	with(name: MetricAttribute, value: string | undefined): LabelSet {
		if (value === undefined) return this;
		let byValue = this.#larger.get(name);
		if (byValue === undefined) {
			byValue = new Map();
			this.#larger.set(name, byValue);
		}
		let set = byValue.get(value);
		if (set === undefined) {
			set = new LabelSet({ ...this.attributes, [name]: value });
			byValue.set(value, set);
		}
		return set;
	}
}

/** The sets of one definition to which those of its calls are added. */
interface Roots {
	/** For our own metrics. */
	readonly own: LabelSet;
	/** For those of the GenAI conventions, which know no pipelines. */
	readonly conventional: LabelSet;
}

const roots = new WeakMap<Definition, Roots>();

function rootsOf(definition: Definition): Roots {
	const known = roots.get(definition);
	if (known !== undefined) return known;
	const made = {
		own: new LabelSet({ "pipeline.name": definition.pipeline.name }),
		conventional: new LabelSet({ "gen_ai.operation.name": operationOf(definition.name) }),
	};
	roots.set(definition, made);
	return made;
}

/** Labels of our own metrics for the calls of a definition. */
export function ownLabels(instruments: Instruments, definition: Definition): LabelSet {
	const { own } = rootsOf(definition);
	if (definition.kind === "run") return own;
	// Bounded anew with each call: what is beyond the limit is counted.
	return own.with("stage.name", boundedLabel(instruments, "stage", definition.name));
}

/** Labels of the metrics of the GenAI conventions for the calls of a definition. */
export function conventionalLabels(definition: Definition): LabelSet {
	return rootsOf(definition).conventional;
}
