import { getEventListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { classify, isFailure, retryHistory } from "../index.ts";
import { epochMs, exact, type Model, type ModelCall } from "./model.fixture.ts";
import type { Real, RealCall } from "./real.fixture.ts";

/** What a retry layer did, or said, that its model did not. */
export class Violation extends Error {}

function same(what: string, expected: unknown, actual: unknown): void {
	if (isDeepStrictEqual(expected, actual)) return;
	throw new Violation(`${what}: the model has ${JSON.stringify(expected)}, the layer ${JSON.stringify(actual)}`);
}

/** What must hold after every step. */
export function compare(model: Model, real: Real): void {
	same("attempts that began", model.begun, real.begun);
	const waiting = model.calls.filter(({ state }) => state === "waiting").length;
	same("waits that go on", waiting, real.clock.pendingSleeps);
	for (const [id, call] of model.calls.entries()) compareCall(id, call, real.calls[id] as RealCall);
}

function compareCall(id: number, call: ModelCall, real: RealCall): void {
	const isPending = call.state === "running" || call.state === "waiting";
	same(`state of call ${id}`, isPending ? "pending" : call.state, real.state);
	if (isPending) return;
	if (call.error !== real.error) same(`error of call ${id}`, String(call.error), `another ${String(real.error)}`);
	if (call.result === "success" || typeof call.error !== "object") return;
	const attempts = call.failed.map(({ error, startedAtMs, durationMs, delayMs }, index) => ({
		attempt: index + 1,
		error,
		startedAtMs: epochMs + startedAtMs,
		durationMs: exact(durationMs),
		delayMs: delayMs === undefined ? undefined : exact(delayMs),
	}));
	const history = retryHistory(real.error).map((one) => ({
		...one,
		durationMs: one.durationMs && exact(one.durationMs),
		delayMs: one.delayMs && exact(one.delayMs),
	}));
	same(`history of call ${id}`, attempts, history);
}

/** What telemetry must have said once all calls have ended. */
export async function compareTelemetry(model: Model, real: Real): Promise<void> {
	compareEvents(model, real);
	compareSpans(model, real);
	await compareMetrics(model, real);
	for (const [id, { aborting }] of real.calls.entries()) {
		same(`listeners on the signal of call ${id}`, 0, getEventListeners(aborting.signal, "abort").length);
	}
}

function compareEvents(model: Model, real: Real): void {
	for (const [id, call] of model.calls.entries()) {
		const told = real.sink.events
			.filter(({ attributes }) => attributes["pipeline.run.id"] === `call-${id}`)
			.map(({ name, attributes: on }) =>
				name === "retry.scheduled"
					? [name, on["retry.attempt"], exact(on["retry.delay_ms"] as number), on["retry.delay_source"]]
					: [name, on["retry.attempt"], on["retry.stop_reason"]],
			);
		same(`events of call ${id}`, call.events, told);
	}
}

function compareSpans(model: Model, real: Real): void {
	same("spans that never ended", 0, real.tracerProvider.openSpans);
	for (const [id, call] of model.calls.entries()) {
		const spans = real.tracerProvider.spans.filter(({ attributes }) => attributes["pipeline.run.id"] === `call-${id}`);
		const attempts = spans.filter(({ name }) => name.endsWith(" attempt"));
		// One that failed stands nowhere else, where the call ended in another way.
		const [first] = call.failed;
		const isLost = first !== undefined && first.error !== call.error && isFailure(classify(first.error));
		const numbers = call.attempt > 1 || isLost ? Array.from({ length: call.attempt }, (_, index) => index + 1) : [];
		same(
			`attempts drawn of call ${id}`,
			numbers,
			attempts.map(({ attributes }) => attributes["retry.attempt"]),
		);
		const stage = spans.find(({ name }) => name === (call.isStream ? "stream" : "ask"));
		const outcome = call.state === "value" ? "ok" : real.calls[id]?.outcome;
		same(`outcome of call ${id}`, outcome, stage?.attributes.outcome);
		const count = call.attempt > 1 ? call.attempt : undefined;
		same(`attempts counted on the span of call ${id}`, count, stage?.attributes["retry.attempt_count"]);
	}
}

async function compareMetrics(model: Model, real: Real): Promise<void> {
	const tally = (labels: readonly string[]) => {
		const counts: Record<string, number> = {};
		for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
		return Object.fromEntries(Object.entries(counts).sort(([one], [other]) => (one < other ? -1 : 1)));
	};
	const collected = await real.metrics.collect();
	const counted = (name: string, labels: readonly string[], pick: "value" | "sum" = "value") => {
		const found: Record<string, number> = {};
		for (const point of collected.get(name)?.points ?? []) {
			const label = labels.map((one) => String(point.attributes[one])).join(" ");
			const value = (pick === "sum" ? point.sum : point.value) ?? 0;
			if (value > 0) found[label] = (found[label] ?? 0) + value;
		}
		return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
	};
	const stage = ({ isStream }: ModelCall) => (isStream ? "stream" : "ask");
	same(
		"calls counted",
		tally(model.calls.map((call) => `${stage(call)} ${call.attempt > 1} ${call.result}`)),
		counted("pipeline.retry.calls", ["stage.name", "retry.retried", "retry.result"]),
	);
	same(
		"calls in the histogram of attempts",
		tally(model.calls.map((call) => `${stage(call)} ${call.result}`)),
		counted("pipeline.retry.attempts_per_call", ["stage.name", "retry.result"]),
	);
	same(
		"attempts in their histogram",
		tally(model.calls.flatMap((call) => Array.from({ length: call.attempt }, () => `${call.result}`))),
		counted("pipeline.retry.attempts_per_call", ["retry.result"], "sum"),
	);
	same(
		"further attempts counted",
		tally(model.begun.flatMap(([id, attempt]) => (attempt > 1 ? [stage(model.calls[id] as ModelCall)] : []))),
		counted("pipeline.retry.attempts", ["stage.name"]),
	);
	const { backoff, retry_after } = model.delays;
	same(
		"delays counted",
		tally([...backoff.map(() => "backoff"), ...retry_after.map(() => "retry_after")]),
		counted("pipeline.retry.delay", ["retry.delay_source"]),
	);
	same(
		"attempts that the budget refused",
		tally(model.calls.filter(({ result }) => result === "budget_exhausted").map(stage)),
		counted("pipeline.retry.budget.exhausted", ["stage.name"]),
	);
}
