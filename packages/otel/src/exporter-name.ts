import { warn } from "@footlight/core";
import type { Signal } from "./otlp-target.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const supported = ["otlp", "console", "none"];

/** What OTEL_TRACES_EXPORTER or OTEL_LOGS_EXPORTER asks for; OTLP where it says nothing. */
export function exporterNames(signal: Signal): string[] {
	const variable = variableOf(signal);
	const wanted = [...new Set(listIn(variable))];
	for (const name of wanted) {
		if (supported.includes(name)) continue;
		warn("FOOTLIGHT_UNSUPPORTED_EXPORTER", `${variable}: ${name} is not supported; use ${supported.join(", ")}.`);
	}
	if (wanted.length === 0) return ["otlp"];
	return wanted.includes("none") ? [] : wanted.filter((name) => supported.includes(name));
}

/** True where a signal is sent over OTLP, as far as the environment says; warns of nothing. */
export function sendsOtlp(signal: Signal, environment: Environment = process.env): boolean {
	const wanted = listIn(variableOf(signal), environment);
	return wanted.length === 0 || (wanted.includes("otlp") && !wanted.includes("none"));
}

/** What OTEL_METRICS_EXPORTER asks for, of what NodeSDK can do; nothing where it says nothing. */
export function metricExporterNames(): string[] {
	const wanted = listIn("OTEL_METRICS_EXPORTER");
	return wanted.includes("none") ? [] : wanted.filter((name) => name === "otlp" || name === "console");
}

function variableOf(signal: Signal): string {
	return `OTEL_${signal.toUpperCase()}_EXPORTER`;
}

function listIn(variable: string, environment: Environment = process.env): string[] {
	const names = (environment[variable] ?? "").split(",").map((name) => name.trim());
	return names.filter((name) => name !== "");
}
