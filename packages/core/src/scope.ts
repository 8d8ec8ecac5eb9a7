// Over 250 lines: what is known of one call while it runs, and what its code may ask and say.
import type { Attributes, AttributeValue, Context, Span, SpanContext } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { Call, CallKey } from "./call.ts";
import { type CorrelationIds, correlationAttributes } from "./correlation.ts";
import type { BudgetAccount } from "./cost/budget-account.ts";
import { charge } from "./cost/charge.ts";
import { isFigure } from "./cost/figure.ts";
import { roundUsd } from "./cost/money.ts";
import type { Reading } from "./cost/reading.ts";
import type { Account, Spend } from "./cost/spend.ts";
import type { EventAttributes } from "./event.ts";
import type { FirstAttempt } from "./first-attempt.ts";
import { type LogLevel, writeLine } from "./logger.ts";
import type { Observation } from "./observation.ts";
import { show } from "./option.ts";
import type { Outcome } from "./outcome.ts";
import type { InnerRuns } from "./runner/inner-runs.ts";
import { telemetryFailed } from "./telemetry-failure.ts";
import { hear } from "./timing/hearing.ts";
import type { Unfinished } from "./unfinished.ts";

/** What the code inside a stage or a run may ask and say; outside of both, every member is a safe no-op. */
export interface Current {
	/** Aborts when the caller, the run or a layer gives the call up. */
	readonly signal: AbortSignal;
	readonly ids: CorrelationIds;
	/** Sets an attribute on the span of the innermost stage or run; of several attempts, on that of the attempt. */
	setAttribute(name: string, value: AttributeValue): void;
	/** Emits an event with pipeline, stage, run and correlation ids; `name` needs a dot. Never throws. */
	event(name: string, attributes?: EventAttributes): void;
	/** Links the span to another that also led here but is not its parent: a second input, a batch's messages. */
	addLink(other: SpanContext): void;
	/** The span of the innermost stage or run, to link to; undefined where none is recorded. */
	readonly spanContext: SpanContext | undefined;
	/** The pipeline's logger with the ids of span, run and stage on every line. */
	readonly log: Readonly<Record<LogLevel, (message: string, fields?: object) => void>>;
	/**
	 * Adds money, in US dollars, to the call and to everything above it. An amount below 0 is refused and counted as a
	 * failure: what was spent stays spent. Money added after the call has ended is in the metrics, on charges and in
	 * budgets, but no longer on its span and in its report.
	 */
	addCost(usd: number): void;
	/** The value that a layer around the call hands inwards under a key; the key's default where none does. */
	value<T>(key: CallKey<T>): T;
}

/** Hears how a call goes on behalf of a runner that reports on it: such a call is watched though nobody else listens. */
export interface Reporter {
	began(observation: Observation): void;
	/** Everything on the observation is final. */
	ended(observation: Observation): void;
}

/** What all calls of one run share. */
export class Run {
	readonly ids: CorrelationIds;
	/** The ids as attributes, made once. */
	readonly attributes: Attributes;
	/** Streams that have neither ended nor been cancelled; the run's end sweeps them. */
	readonly open: Set<Observation> = new Set();
	/** True for a run that begins a trace of its own. */
	readonly startsTrace: boolean;
	/** Ends the run where its time is over: as long as nothing in it is waited for, no timer fires. */
	checkTime: (() => void) | undefined;

	constructor(ids: CorrelationIds, startsTrace: boolean, parentRunId?: string) {
		this.startsTrace = startsTrace;
		this.ids = ids;
		this.attributes = correlationAttributes(ids);
		if (parentRunId !== undefined) this.attributes["pipeline.parent_run.id"] = parentRunId;
	}
}

/** What is known of one call while it runs; layers that watch keep their findings here. */
export class Scope implements Current, Account {
	// What is declared only has no place in a scope until it is set: of most calls it never is, and each has a scope.
	readonly parent: Scope | undefined;
	readonly run: Run | undefined;
	span: Span | undefined;
	/** The context the call was made in, as long as no layer can have changed it: reading it twice would cost. */
	callerContext: Context | undefined;
	/** True once the call's own context is the active one for what is further in. */
	entered = false;
	/** True while a layer observes the call: from its begin to the end of its result. */
	open = false;
	/** True for the scope of a run itself, as against those of the stages in it. */
	readonly ownsRun: boolean;
	/** What the call and all below it have spent; absent as long as nothing was. */
	spend: Spend | undefined;
	/** How often the function itself was called: more than once where a layer retried, never where one answered instead. */
	attempts = 0;
	/** The call that this scope is one attempt of. */
	readonly attemptOf: Scope | undefined;
	/** How long a runner held the call back although it could have started. */
	declare queuedMs: number | undefined;
	/** Spans that led here too, beside the parent. */
	declare links: readonly SpanContext[] | undefined;
	reporter: Reporter | undefined;
	/** Runs of pipelines and graphs that were started in the call; absent as long as none was. */
	declare innerRuns: InnerRuns | undefined;
	/** What was read of the real call last made for this one. */
	declare reading: Reading | undefined;
	/** True once a call inside this one was metered: what this one gives was counted there. */
	metersInside = false;
	/** Budgets that pay for this call and all inside it. */
	declare budgets: readonly BudgetAccount[] | undefined;
	/** True once a layer counts the call: a second one inside it does not. */
	counted = false;
	/** What a layer said of how the call ended, where the result alone does not tell. */
	declare outcome: Outcome | undefined;
	declare outcomeError: unknown;
	/** Which attempts are drawn as spans of their own. */
	attemptSpans: "retried" | "always" = "retried";
	/** The first attempt, of the innermost layer that makes several, until a second follows: then it is drawn too. */
	declare firstAttempt: FirstAttempt | undefined;
	/** What layers have begun for the call and account for when it ends, the innermost layer's first. */
	declare unfinished: Unfinished | undefined;
	#call: Call | undefined;
	#signal: AbortSignal | undefined;

	constructor(parent: Scope | undefined, run: Run | undefined, ownsRun = false, attemptOf?: Scope) {
		this.parent = parent;
		this.run = run;
		this.ownsRun = ownsRun;
		this.attemptOf = attemptOf;
		this.span = parent?.span;
	}

	get call(): Call {
		this.#call ??= this.makeCall();
		return this.#call;
	}

	set call(call: Call) {
		this.#call = call;
	}

	/** Makes the call of a scope that was given none. */
	protected makeCall(): Call {
		throw new Error("footlight: a scope has no call yet");
	}

	get signal(): AbortSignal {
		if (this.#signal === undefined) {
			const { signal } = this.call;
			hear(signal);
			// Not one for all: listeners on a signal that never aborts would pile up.
			this.#signal = signal ?? new AbortController().signal;
		}
		return this.#signal;
	}

	get ids(): CorrelationIds {
		return this.call.ids;
	}

	/** True for a call that a runner makes and reports on. */
	get isReported(): boolean {
		return this.reporter !== undefined && !this.ownsRun;
	}

	setAttribute(name: string, value: AttributeValue): void {
		if (this.span !== undefined) this.setAttributes({ [name]: value });
	}

	/** Says something of the call as a layer sees it: while a first attempt runs, of that, as it may not be the last. */
	setAttributes(attributes: Attributes): void {
		if (this.span === undefined) return;
		try {
			for (let first = this.firstAttempt; first !== undefined; first = first.outer) {
				if (!first.ended) {
					first.say(attributes);
					return;
				}
				first.sayAround(attributes);
			}
			this.span.setAttributes(attributes);
		} catch (error) {
			telemetryFailed("span.setAttributes", error);
		}
	}

	event(name: string, attributes?: EventAttributes): void {
		this.call.emit(name, attributes);
	}

	addLink(other: SpanContext): void {
		try {
			this.span?.addLink({ context: other });
		} catch (error) {
			telemetryFailed("span.addLink", error);
		}
	}

	get spanContext(): SpanContext | undefined {
		const context = this.#contextOfSpan();
		return context !== undefined && api.isSpanContextValid(context) ? context : undefined;
	}

	#contextOfSpan(): SpanContext | undefined {
		try {
			return this.span?.spanContext();
		} catch (error) {
			telemetryFailed("span.spanContext", error);
			return undefined;
		}
	}

	get log(): Current["log"] {
		const { logger } = this.call.definition.pipeline;
		if (logger === undefined) return silentLog;
		const write =
			(level: LogLevel) =>
			(message: string, fields?: object): void => {
				const ids = this.fields();
				try {
					Object.assign(ids, fields);
				} catch (error) {
					telemetryFailed("logger", error);
				}
				writeLine(logger, level, ids, message);
			};
		return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
	}

	addCost(usd: number): void {
		if (!isFigure(usd)) {
			telemetryFailed("addCost", new RangeError(`addCost: usd must be a number from 0 on, got ${show(usd)}`));
			return;
		}
		charge(this, { costUsd: roundUsd(usd) }, { source: "reported" });
	}

	value<T>(key: CallKey<T>): T {
		return this.call.values.get(key, this.call);
	}

	/** What ties a log line to this call; a new object, to be added to. */
	fields(): Attributes {
		const { kind, name, definition } = this.call;
		const span = this.#contextOfSpan();
		// Written out, since each line pays for it: an object of one shape is several times cheaper than spread ones.
		const fields: Attributes = {
			trace_id: span?.traceId,
			span_id: span?.spanId,
			"pipeline.name": definition.pipeline.name,
			"stage.name": kind === "run" ? undefined : name,
		};
		return this.run === undefined ? fields : Object.assign(fields, this.run.attributes);
	}

	/** What ties an event or an attempt to this call. */
	correlation(): Attributes {
		const { kind, name, definition } = this.call;
		return {
			"pipeline.name": definition.pipeline.name,
			...(kind !== "run" && { "stage.name": name }),
			...this.run?.attributes,
		};
	}
}

const nothing = (): void => {};
const silentLog: Current["log"] = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What `light.current()` gives outside a run and a stage. */
export const outside: Current = {
	get signal() {
		return new AbortController().signal;
	},
	ids: {},
	setAttribute: nothing,
	event: nothing,
	addLink: nothing,
	spanContext: undefined,
	log: silentLog,
	addCost: nothing,
	value: (key) => key.defaultValue,
};
