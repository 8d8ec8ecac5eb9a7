// Over 250 lines: one list of counts, read from top to bottom.
import { seriesIn } from "../prometheus-server.ts";
import type { CallEnd, Ledger } from "./ledger.ts";
import type { SpanCounts } from "./observed.ts";
import { type ClientEnd, type ServerEnd, type ServerReport, serverEnds } from "./request-end.ts";

/** One count, as each side that can know it has it. */
export interface Row {
	readonly what: string;
	readonly client?: number;
	readonly server?: number;
	readonly metrics?: number;
	readonly spans?: number;
	/** What it has to be, where that is known beforehand. */
	readonly expected?: number;
}

export interface Sides {
	readonly ledger: Ledger;
	readonly server: ServerReport;
	/** A scrape of the metrics. */
	readonly metrics: string;
	readonly spans: SpanCounts;
}

/** The outcome of each end of a call, in Footlight's word. */
const outcomeOf: Readonly<Record<CallEnd, string>> = {
	ok: "ok",
	missing: "error",
	failed: "error",
	timeout: "timeout",
	rejected: "rejected",
	cancelled: "cancelled",
};
const outcomes = [...new Set(Object.values(outcomeOf))];

/** True where all sides that know a count have the same, and the expected one. */
export function agrees({ client, server, metrics, spans, expected }: Row): boolean {
	return new Set([client, server, metrics, spans, expected].filter((count) => count !== undefined)).size === 1;
}

/** Puts side by side what every side has counted. */
export function compare(sides: Sides): Row[] {
	return [...callRows(sides), ...layerRows(sides), ...attemptRows(sides), ...requestRows(sides), ...sampledRows(sides)];
}

function callRows({ ledger, metrics, spans }: Sides): Row[] {
	const { traces } = spans;
	return [
		{
			what: "calls (spans: sampled + sampled out)",
			client: ledger.calls,
			metrics: metric(metrics, "pipeline_stage_calls_total"),
			spans: traces.sampled + traces.sampledOut,
		},
		...outcomes.map((outcome) => ({
			what: `calls ${outcome}`,
			client: ledger.count((call) => hasOutcome(ledger, call, outcome)),
			metrics: metric(metrics, "pipeline_stage_calls_total", { outcome }),
		})),
		...outcomes.map((outcome) => ({
			what: `runs ${outcome}`,
			client: ledger.count((call) => hasOutcome(ledger, call, outcome)),
			metrics: metric(metrics, "pipeline_runs_total", { outcome }),
		})),
		{ what: "calls under way", expected: 0, metrics: metric(metrics, "pipeline_stage_active") },
	];
}

function layerRows({ ledger, metrics }: Sides): Row[] {
	const ended = (...ends: CallEnd[]) => ledger.count((call) => ends.includes(ledger.endOfCall(call) as CallEnd));
	const rejected = ended("rejected");
	const breaker = (result: string) =>
		metric(metrics, "pipeline_circuit_breaker_calls_total", { circuit_breaker_result: result });
	const retries = (labels: Record<string, string>) => metric(metrics, "pipeline_retry_calls_total", labels);
	return [
		{
			what: "rate limit: allowed",
			client: ledger.calls,
			metrics: metric(metrics, "pipeline_rate_limit_decisions_total", { rate_limit_result: "allowed" }),
		},
		{ what: "breaker: not permitted", client: rejected, metrics: breaker("not_permitted") },
		{ what: "breaker: success (404 is one)", client: ended("ok", "missing"), metrics: breaker("success") },
		{ what: "breaker: failure", client: ended("failed", "timeout"), metrics: breaker("failure") },
		{ what: "breaker: ignored", client: ended("cancelled"), metrics: breaker("ignored") },
		...breakerChanges(ledger, metrics),
		{ what: "retry: calls of every result", client: ledger.calls - rejected, metrics: retries({}) },
		{ what: "retry: success", client: ended("ok"), metrics: retries({ retry_result: "success" }) },
		{ what: "retry: non_retryable", client: ended("missing"), metrics: retries({ retry_result: "non_retryable" }) },
		{ what: "retry: aborted", client: ended("cancelled"), metrics: retries({ retry_result: "aborted" }) },
		{
			what: "retry: max_attempts + retry_after",
			client: ended("failed", "timeout"),
			metrics: retries({ retry_result: "max_attempts" }) + retries({ retry_result: "retry_after" }),
		},
		{
			what: "retry: calls of several attempts",
			client: ledger.count((call) => ledger.attemptsOf(call) > 1),
			metrics: retries({ retry_retried: "true" }),
		},
	];
}

function breakerChanges({ changes }: Ledger, metrics: string): Row[] {
	const seen = seriesIn(metrics, "pipeline_circuit_breaker_transitions_total").filter(({ value }) => value > 0);
	const counted = new Map(
		seen.map(({ labels, value }) => [
			`${labels.circuit_breaker_from_state} ${labels.circuit_breaker_state} ${labels.circuit_breaker_reason}`,
			value,
		]),
	);
	return [...new Set([...changes.keys(), ...counted.keys()])].map((change) => {
		const [from, to, reason] = change.split(" ");
		const what = `breaker: ${from} > ${to} (${reason})`;
		return { what, client: changes.get(change) ?? 0, metrics: counted.get(change) ?? 0 };
	});
}

function attemptRows({ ledger, metrics }: Sides): Row[] {
	const begun = ledger.count((call) => ledger.attemptsOf(call) > 0);
	const timeouts = (result: string) => metric(metrics, "pipeline_timeout_calls_total", { timeout_result: result });
	return [
		{
			what: "attempts",
			client: ledger.attempts,
			metrics: metric(metrics, "pipeline_retry_attempts_per_call_sum"),
		},
		{
			what: "attempts after the first",
			client: ledger.attempts - begun,
			metrics: metric(metrics, "pipeline_retry_attempts_total"),
		},
		{
			what: "attempts put off",
			client: ledger.announced.all,
			metrics: metric(metrics, "pipeline_retry_delay_seconds_count"),
		},
		{ what: "attempts timed out", client: attemptsThat(ledger, "timeout"), metrics: timeouts("timed_out") },
		{
			what: "attempts within their time",
			client: ledger.attempts - attemptsThat(ledger, "timeout"),
			metrics: timeouts("completed"),
		},
		{ what: "attempts whose abort was not heard", expected: 0, metrics: timeouts("ignored_cancel") },
	];
}

/** An answer that comes after the client has given the request up is the server's own affair. */
const possible: Readonly<Record<ClientEnd, readonly ServerEnd[]>> = {
	open: [],
	ok: ["ok"],
	missing: ["missing"],
	failed: ["failed"],
	reset: ["reset"],
	timeout: serverEnds.filter((end) => end !== "none"),
	cancelled: serverEnds.filter((end) => end !== "none"),
	other: [],
};

/**
 * An attempt is a call of the function; it need not become a request. Given up while it waits for a connection, nothing of it
 * leaves the client: it was not sent, and the server must not know it. From the moment the system has taken its bytes it was
 * sent, and the server must have received it, since no connection is closed but with the one request on it. So sent and
 * received are the same number, and of each request, known to both sides by its number, the two have to tell one story.
 */
function requestRows({ ledger, server }: Sides): Row[] {
	const all = [...ledger.all()].map((attempt) => ({
		...attempt,
		server: serverEnds[server.ends[attempt.number] ?? 0] ?? "none",
	}));
	const count = (matches: (one: (typeof all)[number]) => boolean) => all.filter(matches).length;
	const isGivenUp = (end: ClientEnd) => end === "timeout" || end === "cancelled";
	const answered = (end: ClientEnd & ServerEnd) => ({
		what: `requests answered: ${end}`,
		client: count((one) => one.end === end),
		server: count((one) => one.server === end && !isGivenUp(one.end)),
	});
	const unsent = count(({ isSent }) => !isSent);
	return [
		{ what: "requests sent | received", client: ledger.attempts - unsent, server: server.received },
		{
			what: "attempts given up before a request was sent",
			client: unsent,
			server: ledger.attempts - server.received,
		},
		...(["ok", "missing", "failed", "reset"] as const).map(answered),
		{
			what: "requests given up after they were sent",
			client: count(({ end, isSent }) => isSent && isGivenUp(end)),
			server: count(({ end, server }) => server === "left" || (server !== "none" && isGivenUp(end))),
		},
		{
			what: "requests of which the sides tell another story",
			client: count(({ end, isSent, server }) =>
				isSent ? !possible[end].includes(server) : !isGivenUp(end) || server !== "none",
			),
			expected: 0,
		},
		{ what: "requests received twice, or never finished", server: server.strange + server.unfinished, expected: 0 },
	];
}

function sampledRows({ ledger, spans }: Sides): Row[] {
	const isSampled = (call: number) => ledger.isSampled(call);
	const spansOf = (role: string, outcome: string) => spans.ended.get(`${role} ${outcome}`) ?? 0;
	const failedFirst = firstFailures(ledger);
	const drawn = (call: number) => {
		const attempts = ledger.attemptsOf(call);
		// Of a call with one attempt it is not drawn, unless it failed in another way than the call.
		return attempts > 1 ? attempts : Number(ledger.endOfCall(call) === "cancelled" && failedFirst.has(call));
	};
	let attempts = 0;
	for (let call = 0; call < ledger.calls; call++) if (isSampled(call)) attempts += drawn(call);
	const attemptSpans = [...spans.ended].filter(([key]) => key.startsWith("attempt "));
	return [
		{ what: "sampled calls", client: ledger.count(isSampled), spans: spans.traces.sampled },
		...(["run", "stage"] as const).flatMap((role) =>
			outcomes.map((outcome) => ({
				what: `sampled ${role}s ${outcome}`,
				client: ledger.count((call) => isSampled(call) && hasOutcome(ledger, call, outcome)),
				spans: spansOf(role, outcome),
			})),
		),
		{
			what: "sampled attempts that are drawn",
			client: attempts,
			spans: attemptSpans.reduce((sum, [, ended]) => sum + ended, 0),
		},
		{
			what: "sampled events retry.scheduled",
			client: ledger.announced.sampled,
			spans: spans.events.get("retry.scheduled") ?? 0,
		},
	];
}

/** Calls whose first attempt failed by itself, not because the call was given up. */
function firstFailures(ledger: Ledger): ReadonlySet<number> {
	const seen = new Set<number>();
	const failed = new Set<number>();
	for (const { call, end } of ledger.all()) {
		if (!seen.has(call) && end !== "cancelled" && end !== "ok") failed.add(call);
		seen.add(call);
	}
	return failed;
}

function hasOutcome(ledger: Ledger, call: number, outcome: string): boolean {
	const end = ledger.endOfCall(call);
	return end !== undefined && outcomeOf[end] === outcome;
}

function attemptsThat(ledger: Ledger, end: ClientEnd): number {
	let found = 0;
	for (const attempt of ledger.all()) if (attempt.end === end) found += 1;
	return found;
}

/** The sum of a metric's series that have these labels. */
function metric(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
	const wanted = Object.entries(labels);
	const series = seriesIn(text, name).filter((one) => wanted.every(([label, value]) => one.labels[label] === value));
	return series.reduce((sum, { value }) => sum + value, 0);
}
