// Over 250 lines: one list of checks that belong together, what a run must be, said once for the property test and the planted bugs.
import { isDeepStrictEqual } from "node:util";
import * as api from "@opentelemetry/api";
import { CancelledError, isFailure, type Outcome, TimeoutError } from "../index.ts";
import type { FinishedSpan } from "../testing/index.ts";
import type { Entry, Observed, StageSpec } from "./pipeline-case.fixture.ts";
import type { PipelineStageReport } from "./result.ts";

/** What was found not to be as it must. */
export class Violation extends Error {}

function must(holds: boolean, rule: string, ...details: unknown[]): asserts holds {
	if (!holds) throw new Violation(`${rule} ${details.map((detail) => text(detail)).join(" ")}`);
}

function same(actual: unknown, expected: unknown, rule: string): void {
	must(isDeepStrictEqual(actual, expected), rule, "is", actual, "but must be", expected);
}

function text(value: unknown): string {
	if (value instanceof Error) return String(value);
	return JSON.stringify(value, (_, inner) => (inner instanceof Error ? String(inner) : inner)) ?? String(value);
}

/** One call of a stage as the record has it: all attempts together. */
interface CallRecord {
	readonly stage: number;
	readonly index: number;
	readonly starts: readonly Entry[];
	/** The last return or throw, of a stream its end. */
	readonly end: Entry | undefined;
	readonly returned: Entry | undefined;
	readonly startSequence: number;
	/** When its place is free again. */
	readonly freeSequence: number;
	readonly items: readonly unknown[];
	readonly spentUsd: number;
	readonly outcome: Outcome;
	readonly error: unknown;
}

/** Holds what a run says of itself against the record that its stages kept. */
export function checkCase(observed: Observed): void {
	const { spec, result, entries, entriesAtEnd } = observed;
	must(result !== undefined, "the run must come to an end");
	const before = entries.slice(0, entriesAtEnd);
	for (const late of entries.slice(entriesAtEnd)) must(late.what !== "start", "nothing starts after the end", late);
	for (const start of before) if (start.what === "start") must(start.current === true, "current() is ctx in", start);
	same(
		result.report.stages.map(({ name }) => name),
		spec.stages.map(({ name }) => name),
		"reports",
	);
	same(observed.listeners, 0, "listeners left");
	same(observed.timers, 0, "timers left");
	const check = new Check(observed, before, callsOf(observed, before));
	check.calls();
	check.order();
	check.places();
	check.absent();
	check.result();
	if (spec.isHeard) {
		check.spans();
		check.metrics();
	}
}

const isOwn = (error: unknown): boolean =>
	/^s\d+(:\d+:\d+ failed| cannot say)$/.test(error instanceof Error ? error.message : String(error));

function outcomeOf(error: unknown): Outcome {
	if (isOwn(error)) return "error";
	return error instanceof TimeoutError ? "timeout" : "cancelled";
}

function callsOf({ spec, result }: Observed, entries: readonly Entry[]): Map<string, CallRecord> {
	const grouped = new Map<string, { entry: Entry; sequence: number }[]>();
	for (const [sequence, entry] of entries.entries()) {
		const key = `${entry.stage}/${entry.index}`;
		const known = grouped.get(key);
		if (known === undefined) grouped.set(key, [{ entry, sequence }]);
		else known.push({ entry, sequence });
	}
	const endedWith = result?.outcome === "timeout" ? "timeout" : "cancelled";
	const isHandedOn = (stage: number) => spec.stages.some(({ after }) => after.includes(stage));
	return new Map(
		[...grouped].map(([key, all]) => {
			const { stage, index } = (all[0] as { entry: Entry }).entry;
			const { form, costUsd } = spec.stages[stage] as StageSpec;
			const isStream = form === "stream";
			const ends = all.filter(({ entry }) =>
				isStream
					? ["throw", "stream end", "stream fail", "stream cancel"].includes(entry.what)
					: ["return", "throw"].includes(entry.what),
			);
			const starts = all.filter(({ entry }) => entry.what === "start");
			const last = ends.at(-1);
			const isOver = last !== undefined && (isStream || ends.length === starts.length);
			const end = isOver ? last.entry : undefined;
			const returned = all.findLast(({ entry }) => entry.what === "return");
			const place = isStream && isHandedOn(stage) ? returned : isOver ? last : undefined;
			const reached = all.filter(
				({ entry }) => entry.what === "return" || (entry.what === "throw" && isOwnOf(entry, stage)),
			);
			const outcome: Outcome =
				end === undefined
					? isStream && !(result?.outcome === "ok") && isHandedOn(stage) === false
						? endedWith
						: isStream
							? "cancelled"
							: endedWith
					: end.what === "stream cancel"
						? "cancelled"
						: end.what === "throw" || end.what === "stream fail"
							? outcomeOf(end.value)
							: "ok";
			const record: CallRecord = {
				...{ stage, index, end, outcome },
				starts: starts.map(({ entry }) => entry),
				returned: returned?.entry,
				startSequence: starts[0]?.sequence ?? -1,
				freeSequence: place?.sequence ?? Number.POSITIVE_INFINITY,
				items: all.filter(({ entry }) => entry.what === "stream item").map(({ entry }) => entry.value),
				spentUsd: reached.length * costUsd,
				error: end?.value,
			};
			return [key, record];
		}),
	);
}

/** True for an error that a stage's function made itself: before it, the stage has spent what it spends. */
function isOwnOf({ value }: Entry, stage: number): boolean {
	return (value instanceof Error ? value.message : String(value)).startsWith(`s${stage}:`);
}

class Check {
	readonly #observed: Observed;
	readonly #entries: readonly Entry[];
	readonly #calls: ReadonlyMap<string, CallRecord>;
	readonly #readyAt = new Map<number, number>();

	constructor(observed: Observed, entries: readonly Entry[], calls: ReadonlyMap<string, CallRecord>) {
		this.#observed = observed;
		this.#entries = entries;
		this.#calls = calls;
	}

	get #result() {
		return this.#observed.result as NonNullable<Observed["result"]>;
	}

	get #stages(): readonly StageSpec[] {
		return this.#observed.spec.stages;
	}

	#reportOf(number: number): PipelineStageReport {
		return this.#result.report.stages[number] as PipelineStageReport;
	}

	#callsOf(number: number): CallRecord[] {
		const { form, itemCount } = this.#stages[number] as StageSpec;
		const indices = form === "map" ? Array.from({ length: itemCount }, (_, index) => index) : [0];
		return indices.flatMap((index) => this.#calls.get(`${number}/${index}`) ?? []);
	}

	/** True where the run ended before its stages had. */
	get #isStopped(): boolean {
		const { outcome, error } = this.#result as { outcome: Outcome; error?: unknown };
		return (
			outcome === "timeout" ||
			outcome === "cancelled" ||
			(outcome === "error" && this.#observed.spec.mode === "fail-fast" && error !== undefined)
		);
	}

	#isRefused(number: number): boolean {
		const report = this.#reportOf(number);
		return this.#stages[number]?.when === "throws" && report.outcome === "error" && report.attempts === 0;
	}

	/** Each call against its report. */
	calls(): void {
		for (const call of this.#calls.values()) {
			const stage = this.#stages[call.stage] as StageSpec;
			const whole = this.#reportOf(call.stage);
			const where = `${stage.name}[${call.index}]`;
			must(!("notRun" in whole), `${where}: a stage that ran is not reported as one that did not`, whole.notRun);
			const report = stage.form === "map" ? (whole.items?.[call.index] as PipelineStageReport) : whole;
			must(report !== undefined, `${where}: a call has a report`);
			same(report.attempts, call.starts.length, `${where}: attempts`);
			must(call.starts.length <= stage.maxAttempts, `${where}: runs no more often than it may`);
			for (const [index, start] of call.starts.entries())
				same(start.attempt, index + 1, `${where}: number of the attempt`);
			this.#outcome(call, report, where);
			same(report.startedAtMs, call.starts[0]?.atMs, `${where}: start`);
			if (call.end !== undefined && call.end.what !== "stream cancel") {
				same(report.durationMs, call.end.atMs - (call.starts[0]?.atMs ?? 0), `${where}: duration`);
			}
			must((report.startedAtMs ?? 0) + report.durationMs <= this.#observed.endedAtMs, `${where}: ends within its run`);
			same(report.spend.costUsd, call.spentUsd, `${where}: cost`);
			if (call.end !== undefined) same(report.spend.wastedUsd, this.#wasted(call, report), `${where}: wasted cost`);
		}
	}

	#outcome(call: CallRecord, report: PipelineStageReport, where: string): void {
		const isStream = this.#stages[call.stage]?.form === "stream";
		// What was given up ends as the run does; a stream that nobody reads on is cancelled.
		const allowed: Outcome[] = [call.outcome];
		if (isStream && (call.end === undefined || call.end.what === "stream cancel")) allowed.push("cancelled", "timeout");
		must(allowed.includes(report.outcome), `${where}: outcome`, "is", report.outcome, "but must be", call.outcome);
		if (isOwn(call.error) && call.end !== undefined) same(report.error, call.error, `${where}: error`);
		if (report.outcome === "ok") must(!("error" in report), `${where}: no error`);
		else must("error" in report && report.error !== undefined, `${where}: has an error`);
	}

	#wasted(call: CallRecord, report: PipelineStageReport): number {
		if (isFailure(report.outcome)) return call.spentUsd;
		const { costUsd, form } = this.#stages[call.stage] as StageSpec;
		return form === "stream" ? 0 : (call.starts.length - 1) * costUsd;
	}

	/** Dependencies hold, and inputs are what they gave; nobody waits without need. */
	order(): void {
		const { spec, startedAtMs } = this.#observed;
		const seen = new Map<unknown, number>();
		let lastReady = 0;
		for (const [sequence, entry] of this.#entries.entries()) {
			if (entry.what !== "start") continue;
			const stage = this.#stages[entry.stage] as StageSpec;
			for (const dependency of stage.after) this.#available(dependency, sequence, stage.name);
			if (stage.form === "map") same(entry.value, entry.index, `${stage.name}: item`);
			else if (stage.after.length === 0) same(entry.value, startedAtMs, `${stage.name}: input`);
			else {
				const inputs = entry.value as Record<string, unknown>;
				same(
					Object.keys(inputs).sort(),
					stage.after.map((number) => `s${number}`).sort(),
					`${stage.name}: names of inputs`,
				);
				for (const dependency of stage.after) this.#input(dependency, inputs[`s${dependency}`], stage.name);
				must((seen.get(inputs) ?? entry.stage) === entry.stage, `${stage.name}: inputs are its own`);
				seen.set(inputs, entry.stage);
			}
			this.#waited(entry, spec.concurrency);
			if (entry.attempt > 1 || (stage.form === "map" && stage.itemConcurrency !== undefined)) continue;
			must(this.#ready(entry.stage) >= lastReady, `${stage.name}: first come, first served`);
			lastReady = this.#ready(entry.stage);
		}
	}

	#available(dependency: number, sequence: number, name: string): void {
		for (const call of this.#callsOf(dependency)) {
			const isStream = this.#stages[dependency]?.form === "stream";
			const doneAt = isStream ? this.#entries.indexOf(call.returned as Entry) : call.freeSequence;
			must(doneAt >= 0 && doneAt < sequence, `${name} starts after s${dependency} is done`);
		}
		const report = this.#reportOf(dependency);
		const { mode } = this.#observed.spec;
		const isGone =
			report.outcome !== "ok" && report.notRun !== "condition" && this.#stages[dependency]?.form !== "stream";
		must(!isGone || mode === "best-effort", `${name} does not start when s${dependency} has failed`, report.outcome);
	}

	#input(dependency: number, input: unknown, name: string): void {
		const { form } = this.#stages[dependency] as StageSpec;
		const [call] = this.#callsOf(dependency);
		const report = this.#reportOf(dependency);
		if (report.notRun !== undefined || this.#isRefused(dependency))
			same(input, undefined, `${name}: input of a stage that did not run`);
		else if (form === "stream") must(typeof input === "object", `${name}: is given a stream by s${dependency}`, input);
		else if (report.outcome !== "ok") same(input, undefined, `${name}: input of a failed stage`);
		else if (form === "map")
			same(
				input,
				this.#callsOf(dependency).map(({ returned }) => returned?.value),
				`${name}: results of s${dependency}`,
			);
		else same(input, call?.returned?.value, `${name}: output of s${dependency}`);
	}

	/** When a stage could have started, by what its dependencies' own functions say. */
	#ready(number: number): number {
		const known = this.#readyAt.get(number);
		if (known !== undefined) return known;
		const stage = this.#stages[number] as StageSpec;
		const done = stage.after.map((dependency) => {
			const calls = this.#callsOf(dependency);
			if (calls.length === 0) return this.#ready(dependency);
			const isStream = this.#stages[dependency]?.form === "stream";
			return Math.max(...calls.map((call) => (isStream ? call.returned : call.end)?.atMs ?? Number.POSITIVE_INFINITY));
		});
		const ready = Math.max(this.#observed.startedAtMs, ...done);
		this.#readyAt.set(number, ready);
		return ready;
	}

	#waited(start: Entry, limit: number | undefined): void {
		if (start.attempt > 1) return;
		const stage = this.#stages[start.stage] as StageSpec;
		const ready = this.#ready(start.stage);
		const report = this.#reportOf(start.stage);
		const own = stage.form === "map" ? (report.items?.[start.index] as PipelineStageReport) : report;
		const isLimited = limit !== undefined || (stage.form === "map" && stage.itemConcurrency !== undefined);
		same(
			start.atMs - ready,
			isLimited ? own.queuedMs : 0,
			`${stage.name}[${start.index}]: time it waited though it could have started`,
		);
		if (start.atMs === ready) return;
		const active = (of: (call: CallRecord) => boolean) =>
			[...this.#calls.values()].filter((call) => of(call) && this.#isActiveAt(call, start.atMs - 0.5)).length;
		const isFull = limit !== undefined && active(() => true) >= limit;
		const isMapFull =
			stage.form === "map" &&
			stage.itemConcurrency !== undefined &&
			active((call) => call.stage === start.stage) >= stage.itemConcurrency;
		must(isFull || isMapFull, `${stage.name}[${start.index}]: waits only where there is no place`);
	}

	#isActiveAt(call: CallRecord, atMs: number): boolean {
		const free = this.#entries[call.freeSequence]?.atMs ?? Number.POSITIVE_INFINITY;
		return (call.starts[0]?.atMs ?? Number.POSITIVE_INFINITY) < atMs && free > atMs;
	}

	/** No more go on at once than may. */
	places(): void {
		const { spec } = this.#observed;
		const readers = this.#stages.filter(({ after }) => after.some((number) => this.#stages[number]?.tee)).length;
		this.#bounded([...this.#calls.values()], spec.concurrency, readers, "the pipeline");
		for (const [number, stage] of this.#stages.entries()) {
			if (stage.form === "map") this.#bounded(this.#callsOf(number), stage.itemConcurrency, 0, stage.name);
		}
	}

	#bounded(calls: readonly CallRecord[], limit: number | undefined, more: number, where: string): void {
		if (limit === undefined) return;
		const changes = calls
			.flatMap(({ startSequence, freeSequence }) => [[startSequence, 1] as const, [freeSequence, -1] as const])
			.sort(([a], [b]) => a - b);
		let active = 0;
		for (const [, change] of changes) {
			active += change;
			must(active <= limit + more, `${where}: at most ${limit} calls at once, not`, active);
		}
	}

	/** What did not run had a reason not to. */
	absent(): void {
		const { mode } = this.#observed.spec;
		for (const [number, stage] of this.#stages.entries()) {
			const report = this.#reportOf(number);
			if (this.#callsOf(number).length > 0 || this.#isRefused(number)) continue;
			if (stage.form === "map" && report.notRun === undefined) {
				must(stage.itemCount === 0 || this.#isStopped, `${stage.name}: its items run`);
				continue;
			}
			must(report.notRun !== undefined, `${stage.name}: did not run, and no reason is given`, report.outcome);
			same(report.attempts, 0, `${stage.name}: attempts of a stage that did not run`);
			const lost = stage.after.some((dependency) => this.#isLost(dependency));
			switch (report.notRun) {
				case "condition":
					same(stage.when, "false", `${stage.name}: its condition`);
					same(report.outcome, "skipped", `${stage.name}: outcome`);
					break;
				case "dependency_failed":
					must(mode === "continue" && lost, `${stage.name}: a dependency has failed`);
					same(report.outcome, "skipped", `${stage.name}: outcome`);
					break;
				default:
					must(this.#isStopped, `${stage.name}: the run has ended early`);
					same(report.outcome, "cancelled", `${stage.name}: outcome`);
			}
		}
		if (mode !== "continue") return;
		for (const [number, { name, after }] of this.#stages.entries()) {
			if (this.#callsOf(number).length === 0) continue;
			const lost = after.find((dependency) => this.#isLost(dependency) && this.#stages[dependency]?.form !== "stream");
			must(lost === undefined, `${name}: is left out when s${lost} gives nothing`);
		}
	}

	#isLost(number: number): boolean {
		const { outcome, notRun } = this.#reportOf(number);
		return notRun === "dependency_failed" || (outcome !== "ok" && outcome !== "skipped");
	}

	/** The result, by what failed and when. */
	result(): void {
		const { spec, startedAtMs, endedAtMs } = this.#observed;
		const { outcome, report, outputs } = this.#result;
		const error = "error" in this.#result ? this.#result.error : undefined;
		same(report.outcome, outcome, "outcome of the report");
		same(report.startedAtMs, startedAtMs, "start of the run");
		same(report.durationMs, endedAtMs - startedAtMs, "duration of the run");
		const isLast = (number: number) => !this.#stages.some(({ after }) => after.includes(number));
		const failures = this.#stages.flatMap((_, number) => {
			const reported = this.#reportOf(number);
			const counts = spec.mode !== "best-effort" || isLast(number);
			return counts && isFailure(reported.outcome) && isOwn(reported.error) ? [reported] : [];
		});
		switch (outcome) {
			case "ok":
				must(failures.length === 0, "a run with a failure is not ok", failures);
				break;
			case "error":
				must(
					failures.some((failure) => Object.is(failure.error, error)),
					"the run fails with what a stage failed with",
					error,
				);
				break;
			case "timeout":
				must(spec.timeoutMs !== undefined && endedAtMs >= startedAtMs + spec.timeoutMs, "a timeout needs one");
				must(error instanceof TimeoutError, "a timeout has its error", error);
				break;
			default:
				same(outcome, "cancelled", "outcome of the run");
				must(spec.abortAtMs !== undefined && endedAtMs >= startedAtMs + spec.abortAtMs, "an abort needs one");
		}
		if (spec.abortAtMs !== undefined) {
			must(
				endedAtMs <= startedAtMs + spec.abortAtMs + spec.cancelGraceMs,
				"an abort ends the run, soon",
				endedAtMs - startedAtMs,
			);
		}
		if (spec.timeoutMs !== undefined) {
			must(
				endedAtMs <= startedAtMs + spec.timeoutMs + spec.cancelGraceMs,
				"a deadline ends the run, soon",
				endedAtMs - startedAtMs,
			);
		}
		const spent = [...this.#calls.values()].reduce((total, { spentUsd }) => total + spentUsd, 0);
		same(report.spend.costUsd, spent, "cost of the run");
		must(
			Object.isFrozen(this.#result) && Object.isFrozen(outputs) && Object.isFrozen(report.stages),
			"a result does not change",
		);
		for (const [number, stage] of this.#stages.entries()) this.#output(number, stage, isLast(number));
		if (outcome !== "ok") for (const { error: cause } of report.stages) this.#reason(cause, error);
	}

	/** What a stage was given up with leads to what the run failed with. */
	#reason(cause: unknown, error: unknown): void {
		if (!(cause instanceof CancelledError) || !this.#isStopped || cause === error) return;
		must(cause.cause === error || cause.cause === undefined, "a cancelled stage says what for", cause.cause);
	}

	#output(number: number, stage: StageSpec, isLast: boolean): void {
		const { outputs, outcome } = this.#result;
		const report = this.#reportOf(number);
		const calls = this.#callsOf(number);
		const output = (outputs as Record<string, unknown>)[stage.name];
		if (stage.form === "stream" && isLast && calls.length > 0) {
			const { items } = calls[0] as CallRecord;
			if (report.outcome === "ok") same(output, items, `${stage.name}: items`);
			else if (output !== undefined || calls[0]?.returned !== undefined) {
				const collected = (output ?? []) as unknown[];
				same(collected, items.slice(0, collected.length), `${stage.name}: items so far`);
				must(this.#isStopped || collected.length >= items.length, `${stage.name}: loses no item`);
			}
		} else if (stage.form === "stream") {
			same(output, undefined, `${stage.name}: a stream that was handed on`);
		} else if (report.outcome === "ok") {
			const expected = stage.form === "map" ? calls.map(({ returned }) => returned?.value) : calls[0]?.returned?.value;
			same(output, expected, `${stage.name}: output`);
		} else if (stage.form !== "map") {
			same(output, undefined, `${stage.name}: output of a stage that gave none`);
		} else if (output !== undefined) {
			const given = output as unknown[];
			same(
				given,
				calls.slice(0, given.length).map(({ returned }) => returned?.value),
				`${stage.name}: results so far`,
			);
		}
		if (outcome === "ok") must(stage.name in outputs, `${stage.name}: has an output`);
	}

	/** The spans say the same. */
	spans(): void {
		const { spans, openSpans, spec } = this.#observed;
		same(openSpans, 0, "spans that never ended");
		const [run, ...others] = spans.filter((span) => span.name === "random");
		must(run !== undefined && others.length === 0, "a run has one span");
		const { report, outcome } = this.#result;
		same(run.attributes.outcome, outcome, "outcome of the run's span");
		same(milliseconds(run.endTime) - milliseconds(run.startTime), report.durationMs, "duration of the run's span");
		same(report.traceId, run.spanContext().traceId, "trace of the report");
		const stageSpans = new Map<string, FinishedSpan[]>();
		for (const span of spans) stageSpans.set(span.name, [...(stageSpans.get(span.name) ?? []), span]);
		for (const [number, stage] of this.#stages.entries()) {
			const own = stageSpans.get(stage.name) ?? [];
			this.#spansOf(number, own, run);
			const attempts = stageSpans.get(`${stage.name} attempt`) ?? [];
			const ids = new Set(own.map((span) => span.spanContext().spanId));
			for (const attempt of attempts)
				must(ids.has(attempt.parentSpanContext?.spanId ?? ""), `${stage.name}: attempts are below it`);
			const expected = this.#callsOf(number).reduce(
				(total, { starts }) => total + (starts.length > 1 ? starts.length : 0),
				0,
			);
			if (!this.#isStopped) same(attempts.length, expected, `${stage.name}: attempts that have spans`);
			const linked = new Set(
				stage.after.flatMap((dependency) =>
					(stageSpans.get(`s${dependency}`) ?? []).map((span) => span.spanContext().spanId),
				),
			);
			for (const span of own) {
				same(new Set(span.links.map(({ context }) => context.spanId)), linked, `${stage.name}: links`);
			}
		}
		this.#exceptions(spans, spec.stages);
	}

	#spansOf(number: number, spans: readonly FinishedSpan[], run: FinishedSpan): void {
		const { name, form } = this.#stages[number] as StageSpec;
		const report = this.#reportOf(number);
		const reports =
			form === "map"
				? (report.items ?? []).filter(({ notRun }) => notRun === undefined)
				: report.notRun === undefined
					? [report]
					: [];
		const expected = this.#isRefused(number) ? [report] : reports;
		const said = (all: readonly (readonly [unknown, unknown, unknown])[]) => all.map((one) => one.join(" ")).sort();
		same(
			said(spans.map((span) => [span.attributes.outcome, milliseconds(span.startTime), milliseconds(span.endTime)])),
			said(
				expected.map(({ outcome, startedAtMs = 0, durationMs }) => [outcome, startedAtMs, startedAtMs + durationMs]),
			),
			`${name}: outcomes and times of its spans`,
		);
		for (const span of spans) {
			same(span.parentSpanContext?.spanId, run.spanContext().spanId, `${name}: parent`);
			const isError = span.status.code === api.SpanStatusCode.ERROR;
			same(isError, isFailure(span.attributes.outcome as Outcome), `${name}: status of the span`);
		}
	}

	/** Each error stands once in the trace: where it surfaced. */
	#exceptions(spans: readonly FinishedSpan[], stages: readonly StageSpec[]): void {
		const recorded = new Map<string, number>();
		for (const span of spans) {
			for (const { name, attributes } of span.events) {
				if (name !== "exception") continue;
				const message = String(attributes?.["exception.message"]);
				recorded.set(message, (recorded.get(message) ?? 0) + 1);
			}
		}
		for (const entry of this.#entries) {
			if (entry.what !== "throw" && entry.what !== "stream fail") continue;
			if (!isOwn(entry.value) || !isOwnOf(entry, entry.stage)) continue;
			const message = entry.value instanceof Error ? entry.value.message : String(entry.value);
			const count = recorded.get(message) ?? 0;
			// A text has no identity: whoever reads the stream that failed with it, fails with one like it.
			const isTold = entry.what === "stream fail" && stages[entry.stage]?.throwsText === true;
			must(isTold ? count >= 1 : count === 1, `${message}: is recorded once, not`, count);
		}
		must(
			[...recorded].every(([message]) => /failed|cannot say|did not settle|aborted/.test(message)),
			"nothing else is recorded",
			[...recorded.keys()],
		);
		const timeouts = [...recorded].filter(([message]) => /did not settle/.test(message));
		same(
			timeouts.map(([, count]) => count),
			this.#result.outcome === "timeout" ? [1] : [],
			"a timeout is recorded once",
		);
	}

	/** And so do the metrics. */
	metrics(): void {
		const { metrics, spec, entries, entriesAtEnd } = this.#observed;
		if (metrics === undefined) return;
		const { outcome, report } = this.#result;
		same(metrics.value("pipeline.runs", { outcome }), 1, "runs counted");
		same(metrics.value("pipeline.run.active", {}), 0, "runs that go on");
		same(
			metrics.histogram("pipeline.run.duration", {}),
			{ count: 1, sum: report.durationMs / 1_000 },
			"duration of runs",
		);
		for (const [number, stage] of this.#stages.entries()) {
			const labels = { "stage.name": stage.name };
			const whole = this.#reportOf(number);
			const calls = (whole.items ?? [whole]).filter(({ notRun }) => notRun === undefined);
			for (const ended of ["ok", "error", "skipped", "cancelled", "timeout"] as const) {
				const expected = calls.filter((call) => call.outcome === ended).length;
				same(
					metrics.value("pipeline.stage.calls", { ...labels, outcome: ended }),
					expected,
					`${stage.name}: calls counted as ${ended}`,
				);
			}
			same(metrics.value("pipeline.stage.active", labels), 0, `${stage.name}: calls that go on`);
			const { count, sum } = metrics.histogram("pipeline.stage.duration", labels);
			same(count, calls.length, `${stage.name}: durations`);
			near(
				sum,
				calls.reduce((total, { durationMs }) => total + durationMs, 0) / 1_000,
				`${stage.name}: sum of durations`,
			);
			const queue = metrics.histogram("pipeline.stage.queue_duration", labels);
			const isLimited = spec.concurrency !== undefined || (stage.form === "map" && stage.itemConcurrency !== undefined);
			same(queue.count, isLimited && !this.#isRefused(number) ? calls.length : 0, `${stage.name}: times it waited`);
			near(queue.sum, whole.queuedMs / 1_000, `${stage.name}: sum of the times it waited`);
			// What a stage spends that was given up is counted, and stands in no report.
			if (entries.slice(entriesAtEnd).some((late) => late.stage === number)) continue;
			near(metrics.value("pipeline.cost.usd", labels), whole.spend.costUsd, `${stage.name}: cost counted`);
			near(
				metrics.value("pipeline.cost.wasted_usd", labels),
				whole.spend.wastedUsd,
				`${stage.name}: wasted cost counted`,
			);
		}
	}
}

function near(actual: number, expected: number, rule: string): void {
	must(Math.abs(actual - expected) < 1e-9, rule, "is", actual, "but must be", expected);
}

function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
	return Math.round(seconds * 1_000 + nanoseconds / 1_000_000);
}
