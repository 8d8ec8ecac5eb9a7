import { measured } from "./child.ts";
import { column, type Figures, type Row, type Table } from "./table.ts";
import type { Duty } from "./turn.ts";

interface PolicyRow extends Row {
	readonly subject: string;
	readonly duty: Duty;
}

const both = "retry + breaker, by hand";
const bothOfObjects = "retry + breaker of an object, by hand";
const layer = "a layer that passes through";
const stage = "a stage with such a layer";
const refusing = "open breaker, by hand, one error for all";
const limiting = "limiter, by hand";
const limitingRefused = "limiter refuses, by hand";

/** 800 ns where a refusal by hand takes 719: the ratio holds on any machine. */
const refusal = { atMost: 1.11, atMostNs: 800 };

/** What policies cost where nothing goes wrong, and what it costs to refuse. */
export const policies: Table<PolicyRow> = {
	title: "One call through a policy; layers alone, as rivals stand, and within a stage; limiters: 10,000 keys",
	columns: [column("ns", "ns"), column("adds", "adds")],
	rows: [
		...rows("no policy", [{ label: "the work itself", subject: "policy/bare" }]),
		...rows("retry and breaker", [
			{ label: both, subject: "policy/hand-written-retry-breaker" },
			{ label: "footlight retry + breaker", subject: "policy/footlight-retry-breaker", against: both, atMost: 1.5 },
			{ label: "cockatiel retry + breaker", subject: "policy/cockatiel-retry-breaker", against: both },
			{ label: "opossum around p-retry", subject: "policy/opossum-retry-breaker", against: both },
		]),
		...rows("retry and breaker, an object", [
			{ label: bothOfObjects, subject: "policy/hand-written-retry-breaker" },
			{
				label: "footlight retry + breaker of an object",
				subject: "policy/footlight-retry-breaker",
				against: bothOfObjects,
				atMost: 1.5,
			},
		]),
		...rows("retry", [{ label: "p-retry alone", subject: "policy/p-retry", against: both }]),
		...rows("breaker", [{ label: "opossum alone", subject: "policy/opossum-breaker", against: both }]),
		...rows("no policy", [
			{ label: layer, subject: "policy/footlight-pass-through" },
			{ label: stage, subject: "policy/footlight-stage-pass-through" },
		]),
		...rows("retry and breaker", [
			{ label: "a stage with retry + breaker", subject: "policy/footlight-stage-retry-breaker", against: stage },
		]),
		...rows("timeout", [
			{ label: "footlight timeout", subject: "policy/footlight-timeout", against: layer, addsAtMostNs: 400 },
			{ label: "a stage with timeout", subject: "policy/footlight-stage-timeout", against: stage, addsAtMostNs: 400 },
			{ label: "timeout by hand: a timer each", subject: "policy/hand-written-timeout", against: layer },
			{ label: "cockatiel timeout", subject: "policy/cockatiel-timeout", against: layer },
			{ label: "opossum with its timeout", subject: "policy/opossum-timeout", against: layer },
		]),
		...rows("open breaker", [
			{ label: refusing, subject: "policy/hand-written-open" },
			{ label: "open breaker, by hand, new errors", subject: "policy/hand-written-open-error", against: refusing },
			{ label: "footlight open breaker", subject: "policy/footlight-open", against: refusing, ...refusal },
			{ label: "a stage with an open breaker", subject: "policy/footlight-stage-open", against: refusing, ...refusal },
			{ label: "cockatiel open breaker", subject: "policy/cockatiel-open", against: refusing },
			{ label: "opossum open breaker", subject: "policy/opossum-open", against: refusing },
		]),
		...rows("limit, allowed", [
			{ label: limiting, subject: "limiter/hand-written" },
			{ label: "footlight limiter", subject: "limiter/footlight", against: limiting, atMost: 1.5 },
			{ label: "footlight limiter, three windows", subject: "limiter/footlight-seed", against: limiting },
			{ label: "rate-limiter-flexible", subject: "limiter/rate-limiter-flexible", against: limiting },
		]),
		...rows("limit, refused", [
			{ label: limitingRefused, subject: "limiter/hand-written" },
			{ label: "footlight limiter refuses", subject: "limiter/footlight", against: limitingRefused },
			{ label: "rate-limiter-flexible refuses", subject: "limiter/rate-limiter-flexible", against: limitingRefused },
		]),
	],
	measure: ({ label, subject, duty }) => measured(label, "policy.ts", [subject, duty]) as Figures,
	pair: (row, against) =>
		measured(row.label, "policy-pair.ts", [row.subject, row.duty, against.subject, against.duty]) as Figures,
};

interface MemoryRow extends Row {
	readonly subject: string;
}

const kept = "by hand, never let go";

/** What the keys of a limiter take in memory. */
export const limiterMemory: Table<MemoryRow> = {
	title: "A million keys of a limiter, then four million; keys: in millions, as kept at the end",
	columns: [column("ns", "ns"), column("bytes", "bytes"), column("keys", "keys", 1), column("MB", "mb")],
	rows: [
		{ label: kept, subject: "hand-written" },
		{ label: "footlight limiter, one window", subject: "footlight", against: kept },
		{ label: "footlight limiter, three windows", subject: "footlight-seed", against: kept },
		{ label: "rate-limiter-flexible", subject: "rate-limiter-flexible", against: kept },
	],
	measure: ({ label, subject }) => measured(label, "limiter-memory.ts", [subject], ["--expose-gc"]) as Figures,
};

function rows(duty: Duty, of: readonly (Row & { readonly subject: string })[]): PolicyRow[] {
	return of.map((row) => ({ ...row, duty }));
}
