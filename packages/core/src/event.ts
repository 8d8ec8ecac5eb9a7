import type { Attributes } from "@opentelemetry/api";

/** Values an event may carry: those that every signal takes. */
export type EventAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Something that happened, with what it happened to. */
export interface FootlightEvent {
	/** Noun and past participle with a dot between them: `answer.cited`. */
	readonly name: string;
	/** Wall-clock time in milliseconds since 1970. */
	readonly timeMs: number;
	/** The caller's attributes, with pipeline, stage, run and correlation ids beside them. */
	readonly attributes: Attributes;
	readonly traceId?: string;
	readonly spanId?: string;
}

/** Takes events: to a file, a queue, a database. */
export interface EventSink {
	/** Resolves when the event is kept; may reject, for those who await it. */
	emit(event: FootlightEvent): Promise<void>;
	/** Takes the event without waiting; Footlight calls this one. It must not throw; if it does, the failure is counted. */
	tryEmit(event: FootlightEvent): void;
}

const ownPrefixes = [
	"pipeline.",
	"stage.",
	"stream.",
	"circuit_breaker.",
	"retry.",
	"cache.",
	"rate_limit.",
	"feature_flag.",
	"interrupt.",
	"analytics.",
	"budget.",
	"hedge.",
	"gen_ai.",
];

/** Why a name cannot be a user's event, or nothing when it can. */
export function eventNameProblem(name: unknown): string | undefined {
	if (typeof name === "string" && name.length > 200) return "must have at most 200 characters";
	if (typeof name !== "string" || !/^[^\s.][^\s]*\.[^\s]*[^\s.]$/.test(name)) {
		return 'must have a dot and no spaces, such as "answer.cited"';
	}
	const prefix = ownPrefixes.find((own) => name.startsWith(own));
	return prefix === undefined
		? undefined
		: `must not begin with ${JSON.stringify(prefix)}, which Footlight's own events use`;
}
