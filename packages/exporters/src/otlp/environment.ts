import { readFileSync } from "node:fs";
import { refuse } from "@footlight/core/option";

/** What the environment says of how logs are exported. */
export interface OtlpEnvironment {
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly compression: "none" | "gzip";
	readonly protocol: "http/json" | "http/protobuf";
	readonly timeoutMs: number;
	readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads OTEL_EXPORTER_OTLP_LOGS_* and, where they say nothing, OTEL_EXPORTER_OTLP_*. */
export function otlpEnvironment(where: string, variables: Variables, hasUrl: boolean): OtlpEnvironment {
	const of = (name: string): string | undefined =>
		variables[`OTEL_EXPORTER_OTLP_LOGS_${name}`]?.trim() ||
		variables[`OTEL_EXPORTER_OTLP_${name}`]?.trim() ||
		undefined;
	const protocol = of("PROTOCOL");
	if (protocol === "grpc" && !hasUrl) {
		throw new RangeError(`${where}: OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and this sink speaks HTTP: give it a url`);
	}
	const timeoutMs = Number(of("TIMEOUT"));
	return {
		url: urlOf(variables),
		headers: {
			...pairsOf(variables.OTEL_EXPORTER_OTLP_HEADERS),
			...pairsOf(variables.OTEL_EXPORTER_OTLP_LOGS_HEADERS),
		},
		compression: of("COMPRESSION") === "gzip" ? "gzip" : "none",
		protocol: protocol === "http/protobuf" ? protocol : "http/json",
		timeoutMs: Number.isInteger(timeoutMs) && timeoutMs > 0 ? timeoutMs : 10_000,
		tls: {
			...fileOf(where, "ca", of("CERTIFICATE")),
			...fileOf(where, "cert", of("CLIENT_CERTIFICATE")),
			...fileOf(where, "key", of("CLIENT_KEY")),
		},
	};
}

function urlOf(variables: Variables): string {
	const own = variables.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT?.trim();
	if (own) return own;
	const shared = variables.OTEL_EXPORTER_OTLP_ENDPOINT?.trim();
	return `${(shared || "http://localhost:4318").replace(/\/*$/, "")}/v1/logs`;
}

/** `key=value,key=value`, as in baggage: a pair that is none is left out. */
function pairsOf(text: string | undefined): Record<string, string> {
	const pairs: Record<string, string> = {};
	for (const pair of (text ?? "").split(",")) {
		const at = pair.indexOf("=");
		const name = pair.slice(0, Math.max(0, at)).trim().toLowerCase();
		if (name !== "") pairs[decoded(name)] = decoded(pair.slice(at + 1).trim());
	}
	return pairs;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function fileOf<Name extends string>(where: string, name: Name, path: string | undefined): { [K in Name]?: Buffer } {
	if (path === undefined) return {};
	try {
		return { [name]: readFileSync(path) } as { [K in Name]: Buffer };
	} catch {
		return refuse(RangeError, `${where}: the file of ${name} in OTEL_EXPORTER_OTLP_*`, "readable", path);
	}
}
