import {
	integerFrom,
	knownOptions,
	milliseconds,
	nonEmptyName,
	oneOf,
	optionalFunction,
	positiveInteger,
	ratio,
	refuse,
	show,
} from "../option.ts";
import type { CircuitBreakerChange } from "./state.ts";

/** Options of {@link circuitBreaker}. */
export interface CircuitBreakerOptions {
	/** Name of the breaker: layers of one name share its state. @default `pipeline.stage` of the stage it stands around */
	readonly name?: string;
	/** Failures in a row that open it; not with `window`. @default 5 */
	readonly failureThreshold?: number;
	/** Probes that must succeed to close it. @default 2 */
	readonly successThreshold?: number;
	/** How long it stays open before it lets a probe through, in milliseconds. @default 10000 */
	readonly openMs?: number;
	/** Probes that may run at the same time while it is half-open. @default 1 */
	readonly probes?: number;
	/** Judges by shares of the last calls, or of the calls of the last milliseconds, instead of failures in a row. */
	readonly window?: { readonly calls: number } | { readonly durationMs: number };
	/** Share of failures in the window at which it opens, above 0 to 1. @default 0.5 */
	readonly failureRateRatio?: number;
	/** From this duration on a call is slow, in milliseconds; of a stream its first item counts. @default no call is slow */
	readonly slowCallMs?: number;
	/** Share of slow calls in the window at which it opens, above 0 to 1; a slow probe then is a failed one. @default none */
	readonly slowCallRateRatio?: number;
	/** Calls that the window must hold before it is judged. @default 10, at most `window.calls` */
	readonly minimumCalls?: number;
	/**
	 * Whether an error (outcome `error` or `timeout`) is a failure of what is called; it is a success where this says no.
	 * Cancellations, interrupts and refusals further in are never asked about, and count neither way.
	 * @default every error that is not the caller's own fault
	 */
	readonly isFailure?: (error: unknown) => boolean;
	/** Refuse calls while it is open, or only say so. @default "enforce" */
	readonly mode?: "enforce" | "monitor";
	/** Told of every change of its state, after it; whatever this does changes nothing. */
	readonly onStateChange?: (change: CircuitBreakerChange) => void;
}

/** What a breaker goes by; layers that share one must agree on it. */
export interface BreakerSettings {
	readonly failureThreshold: number | undefined;
	readonly successThreshold: number;
	readonly openMs: number;
	readonly probes: number;
	readonly windowCalls: number | undefined;
	readonly windowDurationMs: number | undefined;
	readonly failureRateRatio: number | undefined;
	readonly slowCallMs: number | undefined;
	readonly slowCallRateRatio: number | undefined;
	readonly minimumCalls: number | undefined;
	readonly mode: "enforce" | "monitor";
}

const layerName = "circuitBreaker";

const known = [
	...["name", "failureThreshold", "successThreshold", "openMs", "probes", "window", "failureRateRatio", "slowCallMs"],
	...["slowCallRateRatio", "minimumCalls", "isFailure", "mode", "onStateChange"],
];

/** Checks options, and fills in the defaults. */
export function breakerSettings(options: CircuitBreakerOptions | undefined): BreakerSettings {
	knownOptions(layerName, options, known);
	const { name, successThreshold = 2, openMs = 10_000, probes = 1, mode = "enforce", slowCallMs } = options ?? {};
	if (name !== undefined) nonEmptyName(`${layerName}: name`, name);
	optionalFunction(`${layerName}: isFailure`, options?.isFailure);
	optionalFunction(`${layerName}: onStateChange`, options?.onStateChange);
	return {
		successThreshold: positiveInteger(`${layerName}: successThreshold`, successThreshold),
		openMs: milliseconds(`${layerName}: openMs`, openMs),
		probes: positiveInteger(`${layerName}: probes`, probes),
		mode: oneOf(`${layerName}: mode`, mode, ["enforce", "monitor"]),
		slowCallMs: slowCallMs === undefined ? undefined : milliseconds(`${layerName}: slowCallMs`, slowCallMs),
		...(options?.window === undefined ? consecutive(options ?? {}) : windowed(options, options.window)),
	};
}

type Judging = Pick<
	BreakerSettings,
	"failureThreshold" | "windowCalls" | "windowDurationMs" | "failureRateRatio" | "slowCallRateRatio" | "minimumCalls"
>;

function consecutive(options: CircuitBreakerOptions): Judging {
	for (const name of ["failureRateRatio", "slowCallRateRatio", "minimumCalls"] as const) {
		if (options[name] !== undefined)
			refuse(RangeError, `${layerName}: ${name}`, "absent without a window", options[name]);
	}
	const { failureThreshold = 5 } = options;
	return {
		failureThreshold: positiveInteger(`${layerName}: failureThreshold`, failureThreshold),
		windowCalls: undefined,
		windowDurationMs: undefined,
		failureRateRatio: undefined,
		slowCallRateRatio: undefined,
		minimumCalls: undefined,
	};
}

function windowed(options: CircuitBreakerOptions, window: object): Judging {
	const { failureThreshold, failureRateRatio = 0.5, slowCallMs, slowCallRateRatio } = options;
	if (failureThreshold !== undefined) {
		refuse(RangeError, `${layerName}: failureThreshold`, "absent with a window", failureThreshold);
	}
	knownOptions(`${layerName}: window`, window, ["calls", "durationMs"]);
	const { calls, durationMs } = window as { readonly calls?: number; readonly durationMs?: number };
	if ((calls === undefined) === (durationMs === undefined)) {
		refuse(TypeError, `${layerName}: window`, "either { calls } or { durationMs }", window);
	}
	if (calls !== undefined) integerFrom(`${layerName}: window.calls`, calls, 1);
	if (durationMs !== undefined) milliseconds(`${layerName}: window.durationMs`, durationMs);
	const { minimumCalls = Math.min(10, calls ?? 10) } = options;
	positiveInteger(`${layerName}: minimumCalls`, minimumCalls);
	if (calls !== undefined && minimumCalls > calls) {
		refuse(RangeError, `${layerName}: minimumCalls`, `at most the ${calls} of window.calls`, minimumCalls);
	}
	if (slowCallRateRatio !== undefined && slowCallMs === undefined) {
		refuse(RangeError, `${layerName}: slowCallRateRatio`, "absent without slowCallMs", slowCallRateRatio);
	}
	return {
		failureThreshold: undefined,
		windowCalls: calls,
		windowDurationMs: durationMs,
		failureRateRatio: share("failureRateRatio", failureRateRatio),
		slowCallRateRatio: slowCallRateRatio === undefined ? undefined : share("slowCallRateRatio", slowCallRateRatio),
		minimumCalls,
	};
}

/** At a share of 0 it would open with a success. */
function share(name: string, value: unknown): number {
	const checked = ratio(`${layerName}: ${name}`, value);
	if (checked === 0) refuse(RangeError, `${layerName}: ${name}`, "a number above 0, to 1", value);
	return checked;
}

const optionOf: Readonly<Partial<Record<keyof BreakerSettings, string>>> = {
	windowCalls: "window.calls",
	windowDurationMs: "window.durationMs",
};

/** Refuses settings other than those the breaker of that name has: shared by two, it would obey neither. */
export function sameSettings(name: string, has: BreakerSettings, wants: BreakerSettings): void {
	for (const key of Object.keys(has) as (keyof BreakerSettings)[]) {
		if (has[key] === wants[key]) continue;
		const expected = has[key] === undefined ? "absent" : show(has[key]);
		const where = `${layerName}: ${optionOf[key] ?? key}`;
		refuse(RangeError, where, `${expected}, as elsewhere under the name ${show(name)}`, wants[key]);
	}
}
