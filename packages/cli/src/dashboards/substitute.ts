import { Complaint } from "../complaint.ts";

/** Puts values in for Grafana's variables: `$name`, `${name}`, `${name:format}` and `[[name]]`; `$1` of label_replace stays. */
export function substitute(text: string, valueFor: (name: string) => string | undefined): string {
	return text.replace(/\$([a-zA-Z_]\w*)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]/g, (_, ...names) => {
		const name = names.slice(0, 3).find((one) => one !== undefined) as string;
		const value = valueFor(name);
		if (value === undefined) throw new Complaint(`there is no variable $${name}`);
		return value;
	});
}

/** Makes a text match itself in a matcher of labels, as Grafana does with the values of a variable. */
export function escapeMatcher(text: string): string {
	const pattern = text.replace(/[\\^$*+?.()|[\]{}]/g, "\\$&");
	// A matcher's string has escapes of its own.
	return pattern.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
