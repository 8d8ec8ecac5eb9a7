import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as api from "@opentelemetry/api";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { areModulesHooked } from "../module-hook.ts";
import { registeredProvider } from "../provider.ts";
import { startedTelemetry } from "../started-telemetry.ts";
import type { TelemetryDescription } from "../telemetry.ts";
import { sampledOut } from "./check-environment.ts";
import { isOldLogsApi } from "./check-install.ts";
import type { Finding } from "./finding.ts";

const require = createRequire(import.meta.url);

/** What the running process gives away: providers, sampling, and what was loaded in which order. */
export function checkProcess(): Finding[] {
	const description = startedTelemetry()?.telemetry.describe();
	if (description?.state === "disabled") return [];
	return [
		...checkProvider(description),
		...checkLoadOrder(description),
		...checkEsModules(description),
		...checkLogsApiInUse(),
	];
}

function checkProvider(description: TelemetryDescription | undefined): Finding[] {
	const provider = registeredProvider();
	if (provider === undefined) {
		const started = description !== undefined;
		return [
			{
				code: "no-provider",
				severity: "error",
				message: started
					? "Telemetry was started, but no tracer provider is registered with the API that this code sees."
					: "No tracer provider is registered: nobody has started telemetry in this process, so spans go nowhere.",
				cure: started
					? "Look for several copies of @opentelemetry/api (npm ls @opentelemetry/api)."
					: "Call startTelemetry() first thing in the program, or run node --import @footlight/otel/register.",
			},
		];
	}
	const findings = checkSampling(provider, description);
	const isOurs = description !== undefined && provider.constructor.name.startsWith("TracerProvider");
	if (isOurs || description === undefined) return findings;
	return [
		...findings,
		{
			code: "foreign-provider",
			severity: "warning",
			message: `Spans go to another tracer provider (${provider.constructor.name}), which was registered before.`,
			cure: "Start Footlight first, or hand its processors to that provider (Sentry: openTelemetrySpanProcessors).",
		},
	];
}

function checkSampling(provider: object, description: TelemetryDescription | undefined): Finding[] {
	const tracer = (provider as api.TracerProvider).getTracer("@footlight/otel");
	const probe = tracer.startSpan("footlight.doctor", { root: true }, ROOT_CONTEXT);
	const recorded = (probe.spanContext().traceFlags & api.TraceFlags.SAMPLED) !== 0;
	probe.end();
	if (!recorded) {
		const by = description === undefined ? "the provider's sampler" : `the sampler (${description.sampler})`;
		return [sampledOut(`A new trace was not sampled by ${by}.`)];
	}
	const parent = trace.getSpanContext(context.active());
	if (parent === undefined || (parent.traceFlags & api.TraceFlags.SAMPLED) !== 0) return [];
	return [
		{
			code: "sampled-out-by-parent",
			severity: "error",
			message:
				`The active trace (${parent.traceId}) was not sampled where it began` +
				`${parent.isRemote ? ", in the calling service" : ""}, so its spans are not recorded here either.`,
			cure: "Sample it at its beginning, or start a trace of your own with run({ root: true }, ...).",
		},
	];
}

function checkLoadOrder(description: TelemetryDescription | undefined): Finding[] {
	const early = description?.loadedTooEarly ?? [];
	if (early.length === 0) return [];
	return [
		{
			code: "patched-too-late",
			severity: "error",
			message: `Loaded before telemetry was started, so calls through them are not traced: ${early.join(", ")}.`,
			cure: "Start telemetry before anything else is loaded: node --import @footlight/otel/register, or a first import.",
		},
	];
}

function checkEsModules(description: TelemetryDescription | undefined): Finding[] {
	if (!description?.instrumentations.length || areModulesHooked() || !isEsModule(process.argv[1])) return [];
	const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
	if (/hook\.mjs|import-in-the-middle|instrumentation\/register/.test(flags)) return [];
	return [
		{
			code: "esm-not-hooked",
			severity: "warning",
			message: "The program is an ES module, and instrumentations can patch only what is loaded with require().",
			cure: "Run node --import @footlight/otel/register, which patches ES modules too.",
		},
	];
}

function isEsModule(script: string | undefined): boolean {
	if (script === undefined || /\.c[jt]s$/.test(script)) return false;
	if (/\.m[jt]s$/.test(script)) return true;
	for (let folder = dirname(script); ; folder = dirname(folder)) {
		try {
			return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { type?: string }).type === "module";
		} catch {
			if (folder === dirname(folder)) return false;
		}
	}
}

function checkLogsApiInUse(): Finding[] {
	const isRegistered = Symbol.for("io.opentelemetry.js.api.logs") in globalThis;
	const file = Object.keys(require.cache).find(isOldLogsApi);
	if (file === undefined || isRegistered || !("logs" in api)) return [];
	return [
		{
			code: "orphaned-logs-api",
			severity: "error",
			message: `@opentelemetry/api-logs is loaded (${file}) and nobody listens to it: SDK 3 takes logs from @opentelemetry/api.`,
			cure: "Write through logs of @opentelemetry/api 1.10, or update the library that still uses the old package.",
		},
	];
}
