export type Signal = "traces" | "logs" | "metrics";
export type OtlpProtocol = "http/protobuf" | "http/json" | "grpc";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a signal goes, as the OTEL_EXPORTER_OTLP_* variables and their defaults say. */
export interface OtlpTarget {
	readonly signal: Signal;
	readonly protocol: OtlpProtocol;
	/** Full address for HTTP (path included), scheme, host and port for gRPC. */
	readonly url: string;
	/** The variable that decided the address; absent for the default. */
	readonly source: string | undefined;
}

/** Reads the target of a signal; what the exporters read by themselves, read again so that it can be told. */
export function otlpTarget(signal: Signal, environment: Environment = process.env): OtlpTarget {
	const protocol = protocolOf(signal, environment);
	const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
	const shared = "OTEL_EXPORTER_OTLP_ENDPOINT";
	const ownUrl = environment[own]?.trim();
	const sharedUrl = environment[shared]?.trim();
	if (protocol === "grpc") {
		const url = ownUrl || sharedUrl || "http://localhost:4317";
		return {
			signal,
			protocol,
			url: url.includes("://") ? url : `http://${url}`,
			source: sourceOf(own, ownUrl, sharedUrl),
		};
	}
	const path = `v1/${signal}`;
	const url = ownUrl || (sharedUrl ? `${sharedUrl.replace(/\/?$/, "/")}${path}` : `http://localhost:4318/${path}`);
	return { signal, protocol, url, source: sourceOf(own, ownUrl, sharedUrl) };
}

function sourceOf(own: string, ownUrl: string | undefined, sharedUrl: string | undefined): string | undefined {
	if (ownUrl) return own;
	return sharedUrl ? "OTEL_EXPORTER_OTLP_ENDPOINT" : undefined;
}

function protocolOf(signal: Signal, environment: Environment): OtlpProtocol {
	const name = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`;
	const value = (environment[name] ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL)?.trim();
	return value === "grpc" || value === "http/json" ? value : "http/protobuf";
}

/** What is to be done about an address that cannot be used; undefined for one that can. */
export function addressCure(url: string): string | undefined {
	if (/^(?:https?|grpcs?|unix):/.test(url) && URL.canParse(url)) return undefined;
	return "Write it with its scheme, for example http://localhost:4318.";
}

/** Host and port behind a target; undefined where there is none to connect to (a socket path, a malformed address). */
export function addressOf(url: string): { readonly host: string; readonly port: number } | undefined {
	try {
		const { protocol, hostname, port } = new URL(url);
		if (hostname === "" || protocol === "unix:") return undefined;
		return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "https:" ? 443 : 80) };
	} catch {
		return undefined;
	}
}
