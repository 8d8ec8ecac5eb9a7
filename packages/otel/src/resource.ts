import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import {
	defaultResource,
	envDetector,
	hostDetector,
	osDetector,
	processDetector,
	type Resource,
	type ResourceDetector,
	resourceFromAttributes,
	serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import { redactedAttributes } from "./processor/redaction.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

const detectors: Readonly<Record<string, ResourceDetector>> = {
	serviceinstance: serviceInstanceIdDetector,
	process: processDetector,
	host: hostDetector,
	os: osDetector,
};

/**
 * What this process is. Later ones win: the SDK's defaults, the nearest package.json (name, version), what detectors
 * find (OTEL_NODE_RESOURCE_DETECTORS chooses them), the options, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME.
 */
export function createResource(options: TelemetryOptions): Resource {
	const { serviceName, serviceVersion, resourceAttributes, redact = true } = options;
	const found = { ...packageAttributes() };
	for (const detector of chosenDetectors()) Object.assign(found, settledAttributes(detector));
	Object.assign(found, resourceAttributes);
	if (serviceName !== undefined) found["service.name"] = serviceName;
	if (serviceVersion !== undefined) found["service.version"] = serviceVersion;
	Object.assign(found, settledAttributes(envDetector));
	// Secrets stand in `process.command_args` more often than one thinks, and no processor sees a resource.
	return defaultResource().merge(
		resourceFromAttributes(redact === false ? found : redactedAttributes(found, redact === true ? {} : redact)),
	);
}

function chosenDetectors(): ResourceDetector[] {
	const names = process.env.OTEL_NODE_RESOURCE_DETECTORS?.split(",").map((name) => name.trim()) ?? ["all"];
	if (names.includes("none")) return [];
	if (names.includes("all") || names.join("") === "") return Object.values(detectors);
	return names.flatMap((name) => detectors[name] ?? []);
}

/** Attributes known at once: one still being looked up (`host.id`) would hold back every export until it is there. */
function settledAttributes(detector: ResourceDetector): Record<string, string> {
	const entries = Object.entries(detector.detect().attributes ?? {});
	const settled = entries.filter(([, value]) => value !== undefined && !(value instanceof Promise));
	return Object.fromEntries(settled) as Record<string, string>;
}

/** Name and version of the package that the started script belongs to. */
function packageAttributes(): Record<string, string> {
	const script = process.argv[1];
	if (script === undefined) return {};
	try {
		for (let folder = dirname(realpathSync(script)); ; folder = dirname(folder)) {
			const found = readPackage(join(folder, "package.json"));
			if (found !== undefined) return found;
			if (folder === dirname(folder)) return {};
		}
	} catch {
		return {};
	}
}

function readPackage(file: string): Record<string, string> | undefined {
	try {
		const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
		if (name === undefined) return undefined; // { "type": "module" } alone, as build folders have it
		return { "service.name": name, ...(version !== undefined && { "service.version": version }) };
	} catch {
		return undefined;
	}
}
