import { createTraceState, type SpanContext, type TraceState } from "@opentelemetry/api";

// The words of the specification "TraceState: Probability Sampling": a trace is kept where its randomness (56 bits) is not
// below the rejection threshold. Both are written as 14 hexadecimal digits here, so that they compare as strings do.

const digits = 14;
const precision = 4;
const mostPrecision = 12;
const all = 2n ** 56n;
const longestEntry = 256;

/** The threshold by which all is kept. */
export const keepsAll: string = "0".repeat(digits);

/** The threshold of a probability above 0, with four significant digits. */
export function thresholdOf(probability: number): string {
	const exponent = Math.floor(Math.log2(probability)) + 1;
	const written = Math.max(1, Math.min(mostPrecision, precision + Math.floor(-exponent / 4)));
	const steps = 16 ** written;
	const rejected = Math.max(0, Math.min(steps - 1, Math.round((1 - probability) * steps)));
	return rejected.toString(16).padStart(written, "0").padEnd(digits, "0");
}

/** How many spans one stands for that a threshold let through. */
export function adjustedCount(threshold: string): number {
	return Number(all) / Number(all - BigInt(`0x${threshold}`));
}

/** What samplers before have written beside a trace: `th` and `rv` of the entry `ot`. */
export interface Upstream {
	readonly threshold: string | undefined;
	readonly randomness: string | undefined;
}

const nothing: Upstream = { threshold: undefined, randomness: undefined };

export function upstreamOf(traceState: TraceState | undefined): Upstream {
	const entry = traceState?.get("ot");
	if (entry === undefined) return nothing;
	const [threshold, randomness] = [fieldOf(entry, "th"), fieldOf(entry, "rv")];
	return {
		threshold: threshold && /^[0-9a-f]{1,14}$/.test(threshold) ? threshold.padEnd(digits, "0") : undefined,
		randomness: randomness && /^[0-9a-f]{14}$/.test(randomness) ? randomness : undefined,
	};
}

/** The randomness of a trace: told explicitly, or the end of its id. */
export function randomnessOf({ traceId, traceState }: SpanContext): string {
	return upstreamOf(traceState).randomness ?? traceId.slice(-digits).toLowerCase();
}

/** What is to be said of a span that was kept. */
export interface SampledState {
	readonly traceState: TraceState | undefined;
	/** Undefined where a sampler before this one has let it through in a way that says nothing of others. */
	readonly adjustedCount: number | undefined;
}

/** The state of a span that this threshold let through, after those before it: a threshold is only ever raised. */
export function sampledState(context: SpanContext, threshold: string): SampledState {
	const { traceState } = context;
	const upstream = upstreamOf(traceState).threshold ?? keepsAll;
	// Let through against its own threshold: of how many it stands for, nothing is known.
	if (randomnessOf(context) < upstream)
		return { traceState: withThreshold(traceState, undefined), adjustedCount: undefined };
	const raised = upstream > threshold ? upstream : threshold;
	return { traceState: withThreshold(traceState, raised), adjustedCount: adjustedCount(raised) };
}

function withThreshold(traceState: TraceState | undefined, threshold: string | undefined): TraceState | undefined {
	const others = (traceState?.get("ot") ?? "").split(";").filter((field) => field !== "" && !field.startsWith("th:"));
	const fields = threshold === undefined ? others : [...others, `th:${threshold.replace(/0+$/, "") || "0"}`];
	const entry = fields.join(";");
	if (entry === "") return traceState?.unset("ot");
	if (entry.length > longestEntry) return traceState;
	return (traceState ?? createTraceState()).set("ot", entry);
}

function fieldOf(entry: string, key: string): string | undefined {
	const field = entry.split(";").find((each) => each.startsWith(`${key}:`));
	return field?.slice(key.length + 1).toLowerCase();
}
