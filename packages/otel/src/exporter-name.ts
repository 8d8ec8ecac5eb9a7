import { warn } from "@footlight/core";
import type { Signal } from "./otlp-target.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const supported = ["otlp", "console"];
const metricExporters = ["prometheus", "otlp", "console"] as const;

export type MetricExporterName = (typeof metricExporters)[number];

/** What OTEL_TRACES_EXPORTER or OTEL_LOGS_EXPORTER asks for; OTLP where it says nothing. */
export function exporterNames(signal: Signal): string[] {
	const variable = variableOf(signal);
	const wanted = [...new Set(listIn(variable))];
	warnOfUnsupported(variable, wanted, supported);
	if (wanted.length === 0) return ["otlp"];
	return wanted.includes("none") ? [] : wanted.filter((name) => supported.includes(name));
}

/** True where a signal is sent over OTLP, as far as the environment says; warns of nothing. */
export function sendsOtlp(signal: Signal, environment: Environment = process.env): boolean {
	const wanted = listIn(variableOf(signal), environment);
	return wanted.length === 0 || (wanted.includes("otlp") && !wanted.includes("none"));
}

/**
 * What OTEL_METRICS_EXPORTER asks for; where it says nothing `prometheus`, unless the options turn metrics off.
 *
 * A Prometheus that scrapes a process and gets its pushed metrics too counts everything twice, so the two go together
 * only where the options allow it.
 */
export function metricExporterNames(
	metrics: false | { readonly allowDualExport?: boolean } = {},
): MetricExporterName[] {
	const variable = "OTEL_METRICS_EXPORTER";
	const wanted = [...new Set(listIn(variable))];
	if (wanted.length === 0) return metrics === false ? [] : ["prometheus"];
	if (wanted.includes("none")) return [];
	warnOfUnsupported(variable, wanted, metricExporters);
	const names = metricExporters.filter((name) => wanted.includes(name));
	const isDual = names.includes("prometheus") && names.includes("otlp");
	if (!isDual || (metrics !== false && metrics.allowDualExport === true)) return names;
	warn(
		"FOOTLIGHT_DUAL_EXPORT",
		`${variable}=${wanted.join(",")}: metrics are served for Prometheus and not sent over OTLP, because a Prometheus ` +
			"that gets both counts everything twice. Take one of the two, or metrics: { allowDualExport: true }.",
	);
	return names.filter((name) => name !== "otlp");
}

function warnOfUnsupported(variable: string, wanted: readonly string[], known: readonly string[]): void {
	for (const name of wanted) {
		if (name === "none" || known.includes(name)) continue;
		warn("FOOTLIGHT_UNSUPPORTED_EXPORTER", `${variable}: ${name} is not supported; use ${known.join(", ")}, none.`);
	}
}

function variableOf(signal: Signal): string {
	return `OTEL_${signal.toUpperCase()}_EXPORTER`;
}

function listIn(variable: string, environment: Environment = process.env): string[] {
	const names = (environment[variable] ?? "").split(",").map((name) => name.trim());
	return names.filter((name) => name !== "");
}
