import { nonEmptyName, show } from "./option.ts";
import { attributes } from "./telemetry/attribute.ts";

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

export const correlationOptions: readonly string[] = [...Object.keys(attributeOf), "extra"];

/** Refuses identifiers that could not stand on a span; numbers and UUID objects are the caller's to turn into text. */
export function checkCorrelationIds(where: string, ids: CorrelationIds): void {
	for (const key of Object.keys(attributeOf) as (keyof typeof attributeOf)[]) {
		const value = ids[key];
		if (value !== undefined && value !== null) nonEmptyName(`${where}: ${key}`, value);
	}
	const { extra } = ids;
	if (extra === undefined) return;
	if (extra === null || typeof extra !== "object" || Array.isArray(extra)) {
		throw new TypeError(`${where}: extra must be an object, got ${show(extra)}`);
	}
	for (const [key, value] of Object.entries(extra)) {
		if (!key.includes(".")) {
			throw new RangeError(`${where}: extra.${key} must have a dot in its name, such as "app.${key}"`);
		}
		if (Object.hasOwn(attributes, key))
			throw new RangeError(`${where}: extra.${key} is a name Footlight itself uses; choose another`);
		if (!["string", "number", "boolean"].includes(typeof value)) {
			throw new TypeError(`${where}: extra.${key} must be a string, a number or a boolean, got ${show(value)}`);
		}
	}
}

/** The identifiers as attributes, absent ones left out; the form that spans, log lines and events share. */
export function correlationAttributes(ids: CorrelationIds): Record<string, string | number | boolean> {
	const attributes: Record<string, string | number | boolean> = {};
	for (const key of Object.keys(attributeOf) as (keyof typeof attributeOf)[]) {
		const value = ids[key];
		if (value !== undefined && value !== null) attributes[attributeOf[key]] = value;
	}
	return Object.assign(attributes, ids.extra);
}
