import type { Call } from "../call.ts";
import {
	knownOptions,
	milliseconds,
	nonEmptyName,
	optionalBoolean,
	optionalFunction,
	refuse,
	show,
} from "../option.ts";
import { contextOf, type FlagClient, type FlagContext, type FlagFunction, isFlagClient } from "./client.ts";

/** Options of `featureFlag`. */
export interface FeatureFlagOptions {
	/** Key of the flag. */
	readonly flag: string;
	/** Evaluates it: a client of OpenFeature's server SDK, or a function that says whether the flag is on. */
	readonly client: FlagClient | FlagFunction;
	/** What the flag is where it cannot be evaluated. @default false */
	readonly defaultValue?: boolean;
	/** For whom the flag is evaluated; where it fails, or gives a promise, the flag has its default value. @default the call's user as `targetingKey`, its `sessionId` and `organizationId` */
	readonly context?: (call: Call) => FlagContext;
	/** How long the evaluation is waited for, in milliseconds. @default 1000 */
	readonly timeoutMs?: number;
	/** Leaves the stage out, or answers in its place. @default "skip" */
	readonly whenOff?: "skip" | ((call: Call) => unknown);
}

/** The options, checked, with their defaults. */
export interface FlagSettings {
	readonly flag: string;
	readonly client: FlagClient | FlagFunction;
	readonly defaultValue: boolean;
	readonly context: (call: Call) => FlagContext;
	readonly timeoutMs: number;
	readonly whenOff: "skip" | ((call: Call) => unknown);
}

const known = ["flag", "client", "defaultValue", "context", "timeoutMs", "whenOff"] as const;

export function flagSettings(options: FeatureFlagOptions): FlagSettings {
	knownOptions("featureFlag", options, known);
	const {
		flag,
		client,
		defaultValue = false,
		context = contextOf,
		timeoutMs = 1_000,
		whenOff = "skip",
	} = options ?? {};
	nonEmptyName("featureFlag: flag", flag);
	if (typeof client !== "function" && (typeof client !== "object" || client === null || !isFlagClient(client))) {
		throw new TypeError(
			`featureFlag: client must have a method getBooleanDetails, or be a function (call) => boolean, got ${show(client)}`,
		);
	}
	optionalBoolean("featureFlag: defaultValue", defaultValue);
	optionalFunction("featureFlag: context", context);
	milliseconds("featureFlag: timeoutMs", timeoutMs);
	if (whenOff !== "skip" && typeof whenOff !== "function") {
		const kind = typeof whenOff === "string" ? RangeError : TypeError;
		refuse(kind, "featureFlag: whenOff", '"skip" or a function (call) => result', whenOff);
	}
	return { flag, client, defaultValue, context, timeoutMs, whenOff };
}
