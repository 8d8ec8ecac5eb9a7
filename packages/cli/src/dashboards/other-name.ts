/** A metric under another name than it has where Footlight serves it, and how to mend that. */
export interface OtherName {
	readonly name: string;
	readonly why: string;
	readonly cure: string;
}

const units = ["seconds", "milliseconds", "bytes", "ratio", "usd", "percent"];
const part = /_(?:bucket|sum|count)$/;

/**
 * Finds what another exporter made of a metric, by the ways in which exporters are known to differ: dots kept, a
 * namespace before it, units and `_total` left out, another unit, a native histogram.
 */
export function otherName(metric: string, names: Iterable<string>): OtherName | undefined {
	const stem = stemOf(metric);
	const alike = [...names].filter(
		(name) => name !== metric && (stemOf(name) === stem || stemOf(name).endsWith(`_${stem}`)),
	);
	// That with the most in common is the likeliest.
	const [name] = alike.sort((a, b) => likeness(b, metric) - likeness(a, metric) || a.localeCompare(b));
	return name === undefined ? undefined : { name, ...difference(metric, name) };
}

function difference(metric: string, name: string): Pick<OtherName, "why" | "cure"> {
	if (/[^\w:]/.test(name)) {
		return {
			why: "its name was kept as OpenTelemetry has it",
			cure: "Set otlp.translation_strategy: UnderscoreEscapingWithSuffixes in Prometheus, which is its default.",
		};
	}
	if (part.test(metric) && name === metric.replace(part, "")) {
		return {
			why: "it is a native histogram, and the dashboards ask for buckets",
			cure: "Keep the classic ones too: always_scrape_classic_histograms: true, or explicit buckets where it is pushed.",
		};
	}
	const stem = stemOf(metric);
	const prefix = stemOf(name).slice(0, -stem.length);
	if (prefix !== "") {
		return {
			why: `something on the way puts ${prefix} before it`,
			cure: "Take the namespace out of the collector's Prometheus exporter, or out of the relabelling.",
		};
	}
	const missing = suffixesOf(metric).filter((suffix) => !suffixesOf(name).includes(suffix));
	const added = suffixesOf(name).filter((suffix) => !suffixesOf(metric).includes(suffix));
	const change = [
		missing.length > 0 ? `without _${missing.join("_")}` : "",
		added.length > 0 ? `with _${added.join("_")}` : "",
	].filter((text) => text !== "");
	return {
		why: `another exporter named it, ${change.join(" and ")}`,
		cure: "Serve /metrics with startTelemetry() of @footlight/otel, or push OTLP to Prometheus itself; in a collector's Prometheus exporter set add_metric_suffixes: true.",
	};
}

/** What is left of a name where exporters agree. */
function stemOf(name: string): string {
	const words = wordsOf(name.replace(part, ""));
	while (words.length > 1 && isSuffix(words.at(-1) as string)) words.pop();
	return words.join("_");
}

function suffixesOf(name: string): string[] {
	return wordsOf(name.replace(part, "")).slice(stemOf(name).split("_").length);
}

function wordsOf(name: string): string[] {
	return name
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((word) => word !== "");
}

function isSuffix(word: string): boolean {
	return word === "total" || units.includes(word);
}

function likeness(name: string, metric: string): number {
	const words = name.split(/[^a-zA-Z0-9]+/);
	return metric.split("_").filter((word) => words.includes(word)).length - words.length / 100;
}
