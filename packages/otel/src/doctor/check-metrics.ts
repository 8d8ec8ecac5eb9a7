import { metricsAddress, wrongPort } from "../metrics/metrics-address.ts";
import { findPortHolder } from "../metrics/port-holder.ts";
import { startedTelemetry } from "../started-telemetry.ts";
import type { MetricsDescription } from "../telemetry.ts";
import type { Finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether metrics can be scraped: those of this process where it has started telemetry, else those at the usual address. */
export async function checkMetrics(inProcess: boolean, timeoutMs: number): Promise<Finding[]> {
	const started = inProcess ? startedTelemetry()?.telemetry : undefined;
	if (started !== undefined) {
		if (started.state !== "running") return [];
		await started.metrics.ready;
		return [...checkPort(process.env), ...checkServed(started.describe().metrics)];
	}
	if (!servesMetrics(process.env)) return [];
	return [...checkPort(process.env), await checkAddress(timeoutMs)];
}

function checkServed({ exporters, url, problem }: MetricsDescription): Finding[] {
	if (problem !== undefined) {
		const cure =
			"Set OTEL_EXPORTER_PROMETHEUS_PORT to another port, or hand telemetry.metrics.handler to a server of yours.";
		return [{ code: "metrics-not-served", severity: "warning", message: sentence(problem), cure }];
	}
	if (url !== undefined) return [{ code: "metrics-served", severity: "ok", message: `Metrics are served at ${url}.` }];
	if (exporters.length > 0) return [];
	const cure = "Unset OTEL_METRICS_EXPORTER, or leave out metrics: false.";
	return [{ code: "metrics-off", severity: "note", message: "No metrics are recorded in this process.", cure }];
}

async function checkAddress(timeoutMs: number): Promise<Finding> {
	const address = metricsAddress();
	const at = `${address.host}:${address.port}`;
	const holder = address.port === 0 ? undefined : await findPortHolder(address, timeoutMs);
	if (holder === undefined) {
		const message = `Nobody serves metrics at ${at} now.`;
		const cure = "Start the application; Prometheus scrapes it only while it runs.";
		return { code: "metrics-not-served", severity: "note", message, cure };
	}
	const { servesMetrics, name } = holder;
	if (servesMetrics) {
		const message = `Metrics of ${name ?? "a process"} are served at http://${at}${address.path}.`;
		return { code: "metrics-served", severity: "ok", message };
	}
	const message = `Something else than metrics answers at ${at}, so an application cannot serve them there.`;
	const cure = "Stop it, or set OTEL_EXPORTER_PROMETHEUS_PORT to another port.";
	return { code: "metrics-not-served", severity: "warning", message, cure };
}

function checkPort(environment: Environment): Finding[] {
	const wrong = wrongPort(environment);
	if (wrong === undefined) return [];
	const message = `OTEL_EXPORTER_PROMETHEUS_PORT=${wrong} is no port; ${metricsAddress({}, environment).port} is taken.`;
	return [{ code: "unknown-setting", severity: "warning", message, cure: "Use a number from 0 to 65535." }];
}

function servesMetrics({ OTEL_METRICS_EXPORTER, OTEL_SDK_DISABLED }: Environment): boolean {
	if (OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") return false;
	const names = (OTEL_METRICS_EXPORTER ?? "").split(",").map((name) => name.trim());
	return names.includes("prometheus") || names.every((name) => name === "");
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
