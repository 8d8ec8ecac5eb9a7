import type { AnyFunction } from "../../wrap/stage.ts";

/** A library's wrapper, as the bake-off needs it: any that makes a span of each call can be put through. */
export interface Wrapper {
	readonly name: string;
	wrap<F extends AnyFunction>(name: string, fn: F): F;
	/** Frames a run; what is left open inside must have ended when it is over. */
	run<R>(fn: () => R): R;
	/** Names of the attributes that tell how a result went; what a library does not record is not asked of it. */
	readonly attributes: Readonly<Partial<Record<"outcome" | "itemCount" | "firstItemMs" | "abandoned", string>>>;
}

/** A span as it was exported, free of the SDK's own classes. */
export interface FinishedSpan {
	readonly name: string;
	readonly spanId: string;
	readonly parentSpanId: string | undefined;
	readonly startMs: number;
	readonly endMs: number;
	readonly status: "unset" | "ok" | "error";
	readonly attributes: Readonly<Record<string, unknown>>;
	readonly exceptions: number;
}

/** An OpenTelemetry SDK of any line, set up globally; spans reach `finished` in the order they end. */
export interface SpanHarness {
	finished(): readonly FinishedSpan[];
	reset(): void;
	/** Runs `fn` in a span, which is ended when what it returns has settled. */
	inSpan<R>(name: string, fn: () => R): R;
}

/** What a source is to do. */
export interface Script {
	readonly items: number;
	/** Fails after so many items; absent for one that ends well. */
	readonly failAfter?: number;
	readonly error?: unknown;
	/** Buffer of the sources that have one. */
	readonly highWaterMark?: number;
}

/** What a source did, to be compared with what an unwrapped copy of it did. */
export interface Probe {
	pulls: number;
	readonly closed: string[];
}

/** What a consumer saw. */
export type Note = (item: unknown) => void;

/** How results are consumed: families share their consumers. */
export type Family = "value" | "promise" | "thenable" | "sync" | "async" | "web" | "bytes" | "node";

/** A kind of result a function may have. */
export interface Source {
	readonly kind: string;
	readonly family: Family;
	readonly promised?: boolean;
	/** Makes the function; `step` is called where an item is made, in the source's own context. */
	make(script: Script, probe: Probe, step: () => void): AnyFunction;
}

/** True for results that have items. */
export function isStream({ family }: Source): boolean {
	return !["value", "promise", "thenable"].includes(family);
}

/** A way of consuming a result. */
export interface Consumer {
	readonly way: string;
	readonly families: readonly Family[];
	/** Reads on to the end or the error, stops early and says so, or leaves it lying. */
	readonly does: "reads" | "stops" | "leaves" | "fails-it";
	/** True where items reach the consumer in other portions than they were made in. */
	readonly regroups?: boolean;
	/** Never asks for an item: all that tells a span right from wrong is what it says of its end. */
	readonly asksNothing?: boolean;
	// biome-ignore lint/suspicious/noExplicitAny: a consumer takes the members of its families for granted
	consume(result: any, note: Note): unknown;
}
