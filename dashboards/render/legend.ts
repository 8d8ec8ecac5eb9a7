/** Labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** Names a series as its query's `legendFormat` says; as Prometheus writes it where that says nothing. */
export function legendOf(format: string, labels: Labels): string {
	if (format !== "" && format !== "__auto") {
		return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
	}
	const { __name__: name = "", ...rest } = labels;
	const inner = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
	return `${name}{${inner.join(", ")}}`;
}
