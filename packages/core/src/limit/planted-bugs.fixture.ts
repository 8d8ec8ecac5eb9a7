import type { PlantedBug } from "../../../../test/planting/planting.ts";

const limiter = "limit/memory-rate-limiter.ts";
const keeper = "limit/key-keeper.ts";
const log = "limit/call-log.ts";
const states = "limit/key-states.ts";

const decidesOtherwise = /decision|remaining|retryAfter|usage|currentCount|limit of/;
const keepsOtherwise = /decision|remaining|retryAfter|usage|currentCount|keys/;

/** Kept for good: each is a way for a limiter to let through, to refuse or to say what it should not. */
export const plantedBugs: readonly PlantedBug[] = [
	{
		name: "a window is a moment too long",
		file: log,
		replace: "if (nowMs - (cells[at + oldestAt] as number) < windowMs) return",
		by: "if (nowMs - (cells[at + oldestAt] as number) <= windowMs) return",
		caughtAs: decidesOtherwise,
	},
	{
		name: "a window lets one call more through",
		file: limiter,
		replace: "const left = (figures[figure + 1] as number) - used;",
		by: "const left = (figures[figure + 1] as number) - used + 1;",
		caughtAs: decidesOtherwise,
	},
	{
		name: "a refused call is counted",
		file: limiter,
		replace: "if (remaining <= 0) return",
		by: "if (remaining <= 0 && counts) this.#charge(handle, policy, nowMs, key, scope);\n\t\tif (remaining <= 0) return",
		caughtAs: decidesOtherwise,
	},
	{
		name: "windows are charged one by one",
		file: limiter,
		replace: "if (remaining <= 0) return",
		by: "if (remaining <= 0 && counts && figures.length > 3 && (cells[offsetOf(handle) + 2] as number) < (figures[1] as number)) addCalls(cells, offsetOf(handle) + 2, capacity, figures[2] as number, nowMs, 1);\n\t\tif (remaining <= 0) return",
		caughtAs: decidesOtherwise,
	},
	{
		name: "the burst is ignored",
		file: limiter,
		replace: "remaining = fullInMs > 0 ?",
		by: "if (figures.length === 0) remaining = fullInMs > 0 ?",
		caughtAs: decidesOtherwise,
	},
	{
		name: "a burst is refilled all at once",
		file: limiter,
		replace: "(fullMs > nowMs ? fullMs : nowMs) + policy.refillMs",
		by: "nowMs + policy.refillMs",
		caughtAs: decidesOtherwise,
	},
	{
		name: "a burst that was not used is saved up",
		file: limiter,
		replace: "(fullMs > nowMs ? fullMs : nowMs) + policy.refillMs",
		by: "(fullMs > nowMs - 50 ? fullMs : nowMs) + policy.refillMs",
		caughtAs: decidesOtherwise,
	},
	{
		name: "a check consumes",
		file: limiter,
		replace: "return this.#decide(key, scope, false);",
		by: "return this.#decide(key, scope, true);",
		caughtAs: keepsOtherwise,
	},
	{
		name: "limits of a user are forgotten",
		file: limiter,
		replace: "(this.#overrides.get(key) ?? this.#policy)",
		by: "this.#policy",
		caughtAs: decidesOtherwise,
	},
	{
		name: "limits of a user go with what was used",
		file: limiter,
		replace: "this.#keeper.freeIdle(this.#readMs());",
		by: "this.#keeper.freeIdle(this.#readMs());\n\t\tthis.#overrides.clear();",
		caughtAs: /./,
	},
	{
		name: "other limits make a user new",
		file: states,
		replace: "if (source < 0) continue;",
		by: "continue;",
		caughtAs: keepsOtherwise,
	},
	{
		name: "a window takes over from one that is too short",
		file: states,
		replace: "chosenMs < window.windowMs || windowMs < chosenMs",
		by: "windowMs < chosenMs",
		caughtAs: keepsOtherwise,
	},
	{
		name: "what a former window had forgotten comes back",
		file: states,
		replace: "countCalls(cells, at, capacity, (former",
		by: "void (cells, at, capacity, (former",
		caughtAs: keepsOtherwise,
	},
	{
		name: "a burst has to wait by the former rule",
		file: states,
		replace: "Math.min(fullMs, nowMs + policy.burstSize * policy.refillMs)",
		by: "fullMs",
		caughtAs: keepsOtherwise,
	},
	{
		name: "the time to wait is too short",
		file: limiter,
		replace: "Math.ceil(leaveMs(",
		by: "Math.floor(leaveMs(",
		caughtAs: /retryAfter|time to more/,
	},
	{
		name: "the time to wait for a burst is too short",
		file: limiter,
		replace: "Math.ceil(this.#fullMs(handle) - policy.toleranceMs - nowMs)",
		by: "Math.floor(this.#fullMs(handle) - policy.toleranceMs - nowMs)",
		caughtAs: /retryAfter|limit of/,
	},
	{
		name: "of several windows the first is told",
		file: limiter,
		replace: "if (windowWaitMs <= waitMs) continue;",
		by: "if (waitMs > 0) continue;",
		caughtAs: /retryAfter/,
	},
	{
		name: "of a lowered limit one call is waited for",
		file: limiter,
		replace: "nowMs, used - limit + 1)",
		by: "nowMs, 1)",
		caughtAs: /retryAfter/,
	},
	{
		name: "what remains includes the call itself",
		file: limiter,
		replace: "remaining--;",
		by: "",
		caughtAs: /remaining/,
	},
	{
		name: "a key that still counts is freed",
		file: states,
		replace: "lastMs + (windows[index]",
		by: "lastMs + 0 * (windows[index]",
		caughtAs: keepsOtherwise,
	},
	{
		name: "a key whose burst is used up is freed",
		file: states,
		replace: "let idleMs = cells[offsetOf(handle) + 1] as number;",
		by: "let idleMs = Number.NEGATIVE_INFINITY;",
		caughtAs: keepsOtherwise,
	},
	{
		name: "idle keys are kept",
		file: keeper,
		replace: "if (this.states.idleMs(handle) <= nowMs) this.#free",
		by: "if (this.states.idleMs(handle) < nowMs - 1) this.#free",
		caughtAs: /keys kept/,
	},
	{
		name: "scopes are counted together",
		file: limiter,
		replace: "return this.#decide(key, scope, true);",
		by: "return this.#decide(key, undefined, true);",
		caughtAs: keepsOtherwise,
	},
	{
		name: "a clock that runs backwards is followed",
		file: limiter,
		replace: "if (readMs > this.#latestMs) this.#latestMs = readMs;",
		by: "this.#latestMs = readMs;",
		caughtAs: keepsOtherwise,
	},
	{
		name: "a key that grows is lost",
		file: limiter,
		replace: "this.#keeper.replace(key, scope, this.#states.grown(handle))",
		by: "this.#states.grown(handle)",
		caughtAs: /./,
	},
	{
		name: "a key that grows has a new burst",
		file: states,
		replace: "this.cells(larger)[offsetOf(larger) + 1] = this.cells(handle)[offsetOf(handle) + 1] as number;",
		by: "",
		caughtAs: decidesOtherwise,
	},
	{
		name: "the ring forgets where it ends",
		file: log,
		replace: "head = head + 1 === capacity ? 0 : head + 1;",
		by: "head = head + 1 === capacity ? 1 : head + 1;",
		caughtAs: decidesOtherwise,
	},
	{
		name: "calls of one step leave with the first of them",
		file: log,
		replace: "cells[at + newestAt] = timeMs;",
		by: "if (cells[at + newestCountAt] === count) cells[at + newestAt] = timeMs;",
		caughtAs: decidesOtherwise,
	},
];
