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

export interface ResourceOptions {
	readonly serviceName: string | undefined;
	readonly serviceVersion: string | undefined;
	readonly attributes: Readonly<Record<string, string | number | boolean>>;
	/** Hides secrets, which stand in `process.command_args` more often than one thinks. */
	readonly redact: boolean;
}

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
export function createResource(options: ResourceOptions): Resource {
	const { serviceName, serviceVersion, attributes, redact } = options;
	const found = { ...packageAttributes() };
	for (const detector of chosenDetectors()) Object.assign(found, settledAttributes(detector));
	Object.assign(found, attributes);
	if (serviceName !== undefined) found["service.name"] = serviceName;
	if (serviceVersion !== undefined) found["service.version"] = serviceVersion;
	Object.assign(found, settledAttributes(envDetector));
	return defaultResource().merge(resourceFromAttributes(redact ? redactedAttributes(found) : found));
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
