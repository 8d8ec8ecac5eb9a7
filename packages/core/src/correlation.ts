import { show } from "./option.ts";
import { attributes } from "./telemetry/attribute.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

const longestId = 200;

/** Identifiers that tie spans, log lines and events of one run together. */
export interface CorrelationIds {
	/** @default a random UUID */
	readonly runId?: string;
	readonly requestId?: string;
	readonly sessionId?: string;
	readonly userId?: string;
	readonly organizationId?: string;
	/** Mode the run is in, in the application's words. */
	readonly executionMode?: string;
	/** Shape of the pipeline, in the application's words. */
	readonly topology?: string;
	/** Further identifiers, put on spans and log lines under the names given here; a name needs a dot. */
	readonly extra?: Readonly<Record<string, string | number | boolean>>;
}

const attributeOf = {
	runId: "pipeline.run.id",
	requestId: "pipeline.request.id",
	sessionId: "session.id",
	userId: "user.id",
	organizationId: "pipeline.organization.id",
	executionMode: "pipeline.execution_mode",
	topology: "pipeline.topology",
} as const;

const idNames = Object.keys(attributeOf) as readonly (keyof typeof attributeOf)[];

export const correlationOptions: readonly string[] = [...idNames, "extra"];

/** Refuses names that no identifier can have: those stand in the code, and are the same in every run. */
export function checkIdNames(where: string, { extra }: CorrelationIds): void {
	if (extra === undefined || extra === null) return;
	if (typeof extra !== "object" || Array.isArray(extra)) {
		throw new TypeError(`${where}: extra must be an object, got ${show(extra)}`);
	}
	let names: string[];
	try {
		names = Object.keys({ ...extra });
	} catch (cause) {
		throw new TypeError(`${where}: extra could not be read`, { cause });
	}
	for (const key of names) {
		if (!key.includes(".")) {
			throw new RangeError(`${where}: extra.${key} must have a dot in its name, such as "app.${key}"`);
		}
		if (Object.hasOwn(attributes, key)) {
			throw new RangeError(`${where}: extra.${key} is a name Footlight itself uses; choose another`);
		}
	}
}

/**
 * The identifiers that can stand on a span. Their values come from requests: a strange one is left out and counted, and
 * never fails the run.
 */
export function usableIds(where: string, ids: CorrelationIds): CorrelationIds {
	const usable: Record<string, unknown> = {};
	for (const key of idNames) {
		const id = ids[key];
		if (id === undefined) continue;
		const text = usableText(`${where}: ${key}`, id);
		if (text !== undefined) usable[key] = text;
	}
	if (ids.extra !== undefined && ids.extra !== null) {
		const kept = Object.entries(ids.extra).flatMap(([key, value]) => {
			const plain = typeof value === "boolean" ? value : usableValue(`${where}: extra.${key}`, value);
			return plain === undefined ? [] : [[key, plain] as const];
		});
		usable.extra = Object.fromEntries(kept);
	}
	return usable;
}

function usableText(where: string, value: unknown): string | undefined {
	const usable = usableValue(where, value);
	return usable === undefined ? undefined : String(usable);
}

function usableValue(where: string, value: unknown): string | number | undefined {
	if (value === undefined || value === null || value === "") return undefined;
	if (typeof value === "number" && Number.isFinite(value)) return value;
	if (typeof value === "bigint") return String(value);
	if (typeof value !== "string") {
		telemetryFailed("run", new TypeError(`${where} must be a string, got ${show(value)}; it is left out`));
		return undefined;
	}
	if (value.length <= longestId) return value;
	telemetryFailed("run", new RangeError(`${where} must be at most ${longestId} characters; it is cut`));
	return value.slice(0, longestId);
}

/** The identifiers as attributes, absent ones left out; the form that spans, log lines and events share. */
export function correlationAttributes(ids: CorrelationIds): Record<string, string | number | boolean> {
	const attributes: Record<string, string | number | boolean> = {};
	for (const key of idNames) {
		const value = ids[key];
		if (value !== undefined && value !== null) attributes[attributeOf[key]] = value;
	}
	return Object.assign(attributes, ids.extra);
}
