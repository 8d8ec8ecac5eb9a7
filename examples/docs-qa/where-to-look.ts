import { once } from "node:events";
import { connect } from "node:net";

const timeoutMs = 1_000;

/** Tells where the traces and metrics of this program can be seen, after a look at what really answers. */
export async function whereToLook(serviceName: string, env: NodeJS.ProcessEnv, metricsUrl?: string): Promise<string> {
	if (env.OTEL_SDK_DISABLED === "true") return "Nothing was recorded: OTEL_SDK_DISABLED is true.";
	const traces = await whereTracesAre(serviceName, env);
	return metricsUrl === undefined ? traces : `${traces}\n${await whereMetricsAre(serviceName, env, metricsUrl)}`;
}

async function whereTracesAre(serviceName: string, env: NodeJS.ProcessEnv): Promise<string> {
	const endpoint = new URL(
		env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || "http://localhost:4318",
	);
	if (!(await isListening(endpoint))) return 'To see the traces in Jaeger, run "npm run stack" and start this again.';
	const jaeger = `http://${endpoint.hostname}:${env.JAEGER_UI_PORT || 16686}`;
	if (await isJaeger(jaeger)) return `See the traces in Jaeger: ${jaeger}/search?service=${serviceName}`;
	return `The traces were sent to ${endpoint.origin}.`;
}

async function whereMetricsAre(serviceName: string, env: NodeJS.ProcessEnv, metricsUrl: string): Promise<string> {
	const prometheus = `http://127.0.0.1:${env.PROMETHEUS_PORT || 9090}`;
	const query = encodeURIComponent(`pipeline_runs_total{pipeline_name="${serviceName}"}`);
	if (await hasSeries(`${prometheus}/api/v1/query?query=${query}`)) {
		return `See the metrics in Prometheus: ${prometheus}/graph?g0.expr=${query}`;
	}
	return `The metrics were at ${metricsUrl}, and no Prometheus at ${prometheus} has read them.`;
}

async function hasSeries(url: string): Promise<boolean> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
		const body = (await response.json()) as { readonly data?: { readonly result?: unknown } } | null;
		return Array.isArray(body?.data?.result) && body.data.result.length > 0;
	} catch {
		return false;
	}
}

async function isListening({ protocol, hostname, port }: URL): Promise<boolean> {
	const socket = connect({ host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) });
	try {
		await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

async function isJaeger(url: string): Promise<boolean> {
	try {
		const response = await fetch(`${url}/api/services`, { signal: AbortSignal.timeout(timeoutMs) });
		const body: unknown = await response.json();
		return response.ok && typeof body === "object" && body !== null && "data" in body;
	} catch {
		return false;
	}
}
