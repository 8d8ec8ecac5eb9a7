import type { Call } from "../call.ts";
import { TimeoutError } from "../error.ts";
import { messageOf } from "../observer/exception.ts";
import { show } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { ignoreRejection, isThenable } from "../thenable.ts";
import { type FlagContext, type FlagDetails, isFlagClient } from "./client.ts";
import type { FlagSettings } from "./settings.ts";

/** What is known of one evaluation, in the words of the conventions. */
export interface Evaluation {
	readonly value: boolean;
	readonly reason: string;
	readonly variant?: string;
	readonly errorType?: string;
	readonly errorMessage?: string;
	readonly contextId?: string;
	readonly setId?: string;
	readonly version?: string;
}

/** Longest word that a client may put on a metric. */
const longestWord = 64;

/** Evaluates a flag for a call; whatever goes wrong, the flag has its default value, and the evaluation says what it was. */
export function evaluate(
	call: Call,
	settings: FlagSettings,
	inTime: (ask: PromiseLike<unknown>) => Promise<unknown>,
): Evaluation | Promise<Evaluation> {
	const { client, context, flag, defaultValue } = settings;
	let given: FlagContext = {};
	try {
		if (!isFlagClient(client)) {
			const answer: unknown = client(call);
			if (!isThenable(answer)) return ofValue(answer, call, settings);
			return inTime(answer).then(
				(value) => ofValue(value, call, settings),
				(error) => failed(error, "general", call, settings),
			);
		}
		try {
			given = contextFor(call, context);
		} catch (error) {
			telemetryFailed("feature flag context", error);
			return failed(error, "invalid_context", call, settings);
		}
		return inTime(Promise.resolve(client.getBooleanDetails(flag, defaultValue, given))).then(
			(details) => ofDetails(details as FlagDetails, given, call, settings),
			(error) => failed(error, "general", call, settings, given),
		);
	} catch (error) {
		return failed(error, "general", call, settings, given);
	}
}

function contextFor(call: Call, context: FlagSettings["context"]): FlagContext {
	const given: unknown = context(call);
	if (!isThenable(given)) return given as FlagContext;
	ignoreRejection(given);
	throw new TypeError(`context must give an evaluation context, got ${show(given)}`);
}

function ofValue(value: unknown, call: Call, settings: FlagSettings): Evaluation {
	if (typeof value === "boolean") return { value, reason: "unknown" };
	return failed(new TypeError(`the flag must be true or false, got ${show(value)}`), "type_mismatch", call, settings);
}

function ofDetails(details: FlagDetails, context: FlagContext, call: Call, settings: FlagSettings): Evaluation {
	const { value, variant, reason, errorCode, errorMessage, flagMetadata } = details ?? {};
	if (typeof value !== "boolean") {
		const error = new TypeError(`the flag must be true or false, got ${show(value)}`);
		return failed(error, "type_mismatch", call, settings, context);
	}
	const hasFailed = typeof errorCode === "string" && errorCode !== "";
	const { contextId = context?.targetingKey, flagSetId, version } = flagMetadata ?? {};
	return {
		value,
		reason: word(reason) ?? (hasFailed ? "error" : "unknown"),
		...(typeof variant === "string" && { variant }),
		...(hasFailed && { errorType: word(errorCode) ?? "general" }),
		...(hasFailed &&
			typeof errorMessage === "string" &&
			errorMessage !== "" && { errorMessage: shown(errorMessage, call) }),
		...(contextId !== undefined && { contextId: String(contextId) }),
		...(flagSetId !== undefined && { setId: String(flagSetId) }),
		...(version !== undefined && { version: String(version) }),
	};
}

function failed(
	error: unknown,
	errorType: string,
	call: Call,
	{ defaultValue }: FlagSettings,
	context: FlagContext = {},
): Evaluation {
	const contextId = context?.targetingKey;
	return {
		value: defaultValue,
		reason: "error",
		errorType: error instanceof TimeoutError ? "timeout" : errorType,
		errorMessage: shown(error, call),
		...(contextId !== undefined && { contextId: String(contextId) }),
	};
}

function shown(error: unknown, call: Call): string {
	return messageOf(error, call.definition.pipeline.capture.redact);
}

/** A word of OpenFeature's, as the conventions write it. */
function word(given: unknown): string | undefined {
	return typeof given === "string" && given !== "" ? given.toLowerCase().slice(0, longestWord) : undefined;
}
