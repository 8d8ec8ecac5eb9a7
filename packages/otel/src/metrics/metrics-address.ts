import type { MetricsOptions } from "./metrics-option.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where /metrics is to be served. */
export interface MetricsAddress {
	readonly host: string;
	/** 0 for any that is free. */
	readonly port: number;
	readonly path: string;
}

const conventionalPort = 9_464;

/** The address that the environment, then the options, then custom says. */
export function metricsAddress(
	{ host, port, path = "/metrics" }: MetricsOptions = {},
	environment: Environment = process.env,
): MetricsAddress {
	const { OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT } = environment;
	return {
		host: OTEL_EXPORTER_PROMETHEUS_HOST?.trim() || (host ?? "127.0.0.1"),
		port: portIn(OTEL_EXPORTER_PROMETHEUS_PORT) ?? port ?? conventionalPort,
		path,
	};
}

/** The value of OTEL_EXPORTER_PROMETHEUS_PORT that is no port; undefined where it is one, or unset. */
export function wrongPort({ OTEL_EXPORTER_PROMETHEUS_PORT: given }: Environment = process.env): string | undefined {
	return given?.trim() && portIn(given) === undefined ? given : undefined;
}

function portIn(given: string | undefined): number | undefined {
	// Number() takes 0x10 and 1e4 as well, which nobody means.
	const port = /^\d+$/.test(given?.trim() ?? "") ? Number(given) : Number.NaN;
	return port <= 65_535 ? port : undefined;
}
