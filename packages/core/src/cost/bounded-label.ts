import type { Instruments } from "../telemetry/instruments.ts";

/**
 * So many values of a label have series of their own; a name may be made of an identifier: of a deployment, of a model
 * tuned for a user, of a request.
 */
const mostValues = { model: 100, provider: 100, stage: 240 } as const;

type Label = keyof typeof mostValues;

const known = new WeakMap<Instruments, Record<Label, Set<string>>>();

/** The value of a label: itself, or beyond the limit `_OTHER`, which is counted. */
export function boundedLabel(instruments: Instruments, label: Label, value: string): string {
	let values = known.get(instruments);
	if (values === undefined) {
		values = { model: new Set(), provider: new Set(), stage: new Set() };
		known.set(instruments, values);
	}
	const own = values[label];
	if (own.has(value)) return value;
	if (own.size >= mostValues[label]) {
		instruments.dropped("metrics", "cardinality");
		return "_OTHER";
	}
	own.add(value);
	return value;
}
