import { isDisabled } from "../disabled.ts";
import { sendsOtlp } from "../exporter-name.ts";
import { type OtlpTarget, otlpTarget, type Signal } from "../otlp-target.ts";
import type { Finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const samplers = [
	...["always_on", "always_off", "traceidratio"],
	...["parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"],
];
const protocols = ["http/protobuf", "http/json", "grpc"];

/** What the OTEL_* variables alone give away. */
export function checkEnvironment(environment: Environment = process.env): Finding[] {
	return [
		...checkDisabled(environment),
		...checkExporters(environment),
		...checkSampler(environment),
		...checkProtocol(environment),
	];
}

function checkDisabled(environment: Environment): Finding[] {
	if (!isDisabled(environment)) return [];
	return [
		{
			code: "sdk-disabled",
			severity: "error",
			message: "OTEL_SDK_DISABLED=true turns telemetry off.",
			cure: "Unset OTEL_SDK_DISABLED.",
		},
	];
}

function checkExporters(environment: Environment): Finding[] {
	if (sendsOtlp("traces", environment)) return [];
	return [
		{
			code: "exporter-none",
			severity: "error",
			message: `OTEL_TRACES_EXPORTER=${environment.OTEL_TRACES_EXPORTER} sends no spans to a collector.`,
			cure: "Unset OTEL_TRACES_EXPORTER, or set it to otlp.",
		},
	];
}

function checkSampler(environment: Environment): Finding[] {
	const sampler = environment.OTEL_TRACES_SAMPLER?.trim();
	if (!sampler) return [];
	if (!samplers.includes(sampler)) {
		const message = `OTEL_TRACES_SAMPLER=${sampler} is unknown; the SDK takes its default, parentbased_always_on.`;
		return [{ code: "unknown-setting", severity: "warning", message, cure: `Use one of ${samplers.join(", ")}.` }];
	}
	if (sampler.endsWith("always_off")) return [sampledOut(`OTEL_TRACES_SAMPLER=${sampler} drops every new trace.`)];
	if (!sampler.endsWith("ratio")) return [];
	const ratio = Number(environment.OTEL_TRACES_SAMPLER_ARG ?? 1);
	if (ratio === 0)
		return [sampledOut(`OTEL_TRACES_SAMPLER=${sampler} with OTEL_TRACES_SAMPLER_ARG=0 drops every new trace.`)];
	if (!(ratio < 1)) return [];
	const message = `OTEL_TRACES_SAMPLER_ARG=${ratio} keeps about ${ratio * 100} % of traces.`;
	return [{ code: "sampled-in-part", severity: "warning", message, cure: "Expected in production; 1 keeps all." }];
}

/** Says that no trace is recorded, and why. */
export function sampledOut(message: string): Finding {
	const cure = "Unset OTEL_TRACES_SAMPLER, set it to parentbased_always_on, or leave out the sampler option.";
	return { code: "sampled-out", severity: "error", message, cure };
}

function checkProtocol(environment: Environment): Finding[] {
	const names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
	return names.flatMap((name) => {
		const value = environment[name]?.trim();
		if (!value || protocols.includes(value)) return [];
		const message = `${name}=${value} is unknown; http/protobuf is used.`;
		return [
			{ code: "unknown-setting", severity: "warning", message, cure: `Use one of ${protocols.join(", ")}.` } as const,
		];
	});
}

/** The target of a signal, at a given base address or where the environment says. */
export function targetAt(signal: Signal, endpoint: string | undefined): OtlpTarget {
	if (endpoint === undefined) return otlpTarget(signal);
	const { OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL } = process.env;
	const base = endpoint.replace(/\/v1\/(?:traces|logs|metrics)\/?$/, "");
	const environment = { OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL };
	return { ...otlpTarget(signal, { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: base }), source: undefined };
}
