import type { Attributes } from "@opentelemetry/api";

/** Labels of a series, by their names in Prometheus. */
export type Labels = Readonly<Record<string, string>>;

const mostKnownNames = 10_000;
const knownNames = new Map<string, string>();

/** Gives an attribute's name as a label's: other characters become `_`, runs of `_` one, a leading digit gets `key_`. */
export function labelName(attribute: string): string {
	const known = knownNames.get(attribute);
	if (known !== undefined) return known;
	const replaced = attribute.replace(/[^a-zA-Z0-9]+/g, "_");
	const name = /^\d/.test(replaced) ? `key_${replaced}` : replaced;
	if (knownNames.size < mostKnownNames) knownNames.set(attribute, name);
	return name;
}

/** Gives an attribute's value as a label's: JSON for what is no string. */
export function labelValue(value: unknown): string {
	if (typeof value === "string") return value;
	if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
	return JSON.stringify(value) ?? "";
}

/**
 * Gives the labels of a series, those of its scope included; an empty value is no label.
 *
 * Attributes whose names become one label are joined by `;` in the order of the attributes' names. `reserved` is the
 * label that Prometheus itself sets on the series (`le` of a histogram): an attribute of that name is `exported_le`.
 */
export function labelsOf(attributes: Attributes, scope: Labels, reserved?: string): Labels {
	const labels: Record<string, string> = {};
	const origins = new Map<string, { readonly key: string; readonly value: string }[]>();
	for (const [key, given] of [...Object.entries(attributes), ...Object.entries(scope)]) {
		if (given === undefined || given === null || key === "") continue;
		const value = labelValue(given);
		let name = labelName(key);
		if (name === reserved) name = `exported_${name}`;
		const others = origins.get(name);
		if (others === undefined) {
			origins.set(name, [{ key, value }]);
			if (value !== "") labels[name] = value;
		} else {
			others.push({ key, value });
			others.sort((one, other) => (one.key < other.key ? -1 : 1));
			labels[name] = others.map((origin) => origin.value).join(";");
		}
	}
	return labels;
}

/** Makes a text of labels that is the same for the same labels, whatever their order, and for no others. */
export function keyOfLabels(labels: Labels): string {
	const names = Object.keys(labels);
	if (names.length > 1) names.sort();
	let key = "";
	for (const name of names) {
		const value = labels[name] as string;
		key += `${name}=${value.length}:${value}`;
	}
	return key;
}
