import { once } from "node:events";
import { connect } from "node:net";

const timeoutMs = 1_000;

/** Tells where the traces of this program can be seen, after a look at what really answers. */
export async function whereToLook(serviceName: string, env: NodeJS.ProcessEnv): Promise<string> {
	if (env.OTEL_SDK_DISABLED === "true") return "Nothing was recorded: OTEL_SDK_DISABLED is true.";
	const endpoint = new URL(
		env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || "http://localhost:4318",
	);
	if (!(await isListening(endpoint))) return 'To see the traces in Jaeger, run "npm run stack" and start this again.';
	const jaeger = `http://${endpoint.hostname}:${env.JAEGER_UI_PORT || 16686}`;
	if (await isJaeger(jaeger)) return `See the traces in Jaeger: ${jaeger}/search?service=${serviceName}`;
	return `The traces were sent to ${endpoint.origin}.`;
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
