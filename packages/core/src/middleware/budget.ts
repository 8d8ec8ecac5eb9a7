import type { Call } from "../call.ts";
import { type Account, Accounts } from "../cost/budget-accounts.ts";
import { countRejection } from "../deliver.ts";
import { emitEvent } from "../emit.ts";
import { BudgetExceededError } from "../error.ts";
import { layer, type Middleware } from "../middleware.ts";
import { integerFrom, knownOptions, milliseconds, nonEmptyName, oneOf, refuse } from "../option.ts";
import { rejection } from "../rejection.ts";
import type { Scope } from "../scope.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** Options of {@link budget}. */
export interface BudgetOptions {
	/** Name of the budget, on its error, its event and its metrics. */
	readonly name: string;
	/** What may be spent, in US dollars. */
	readonly limitUsd: number;
	/** Refuse further calls, or only say so. @default "stop" */
	readonly onExceeded?: "stop" | "warn";
	/**
	 * Whose money it is: a run's (of runs within runs the outermost's), the whole process's, or that of a key such as
	 * `(call) => call.ids.userId`. A call whose key is undefined is not held to the budget; one whose key is anything else
	 * but a string, or cannot be had because `per` throws, is refused, whatever `onExceeded` says.
	 * @default "run"
	 */
	readonly per?: "run" | "process" | ((call: Call) => string | undefined);
	/** Counts afresh after this time, in milliseconds; not for `per: "run"`. @default never */
	readonly windowMs?: number;
	/** Most keys kept in memory; of more, what the one unused for longest has spent is forgotten. @default 10000 */
	readonly maxKeys?: number;
}

const known = ["name", "limitUsd", "onExceeded", "per", "windowMs", "maxKeys"];

/**
 * Holds calls to a budget: before each it looks at what has been spent, and refuses it once that has reached the limit.
 *
 * What a call will cost is not known before it ends, so calls that run at the same time may overshoot the limit, each by
 * its own cost. A call whose price is not known counts nothing.
 *
 * **Placement** inside `observe()`, around whatever spends: in the `use` of the pipeline or of a stage.
 * **Emits** the event `budget.exceeded` and a warning on the log, once for each key and window; the metrics
 * `pipeline.cost.budget.limit_usd` and `pipeline.cost.budget.spent_usd`.
 * **Throws** `BudgetExceededError` (outcome `rejected`), a TypeError for a key that is no string, and what `per` throws: as
 * a rejection where the function is `async`, else at once.
 *
 * @example
 * const light = footlight("docs-qa", { use: [observe(), budget({ name: "per-run", limitUsd: 0.5 })] });
 * const search = light.stage("search", () => light.current().addCost(0.6));
 * light.run(() => {
 *   search();
 *   search(); // throws BudgetExceededError: [budget_exceeded] budget per-run: 0.6 of 0.5 US dollars are spent
 * });
 */
export function budget(options: BudgetOptions): Middleware {
	knownOptions("budget", options, known);
	const { name, limitUsd, onExceeded = "stop", per = "run", windowMs, maxKeys = 10_000 } = options ?? {};
	nonEmptyName("budget: name", name);
	if (typeof limitUsd !== "number") refuse(TypeError, "budget: limitUsd", "a number above 0", limitUsd);
	if (!(limitUsd > 0 && limitUsd < Number.POSITIVE_INFINITY)) {
		refuse(RangeError, "budget: limitUsd", "a number above 0", limitUsd);
	}
	oneOf("budget: onExceeded", onExceeded, ["stop", "warn"]);
	if (typeof per !== "function") oneOf("budget: per", per, ["run", "process"]);
	integerFrom("budget: maxKeys", maxKeys, 1);
	if (windowMs !== undefined) {
		milliseconds("budget: windowMs", windowMs);
		if (per === "run") refuse(RangeError, "budget: windowMs", 'absent with per: "run"', windowMs);
	}
	const accounts = new Accounts(maxKeys, windowMs ?? Number.POSITIVE_INFINITY);
	const measured = new WeakSet<Instruments>();

	function measure(instruments: Instruments | undefined): void {
		if (instruments === undefined || measured.has(instruments)) return;
		measured.add(instruments);
		const attributes = Object.freeze({ "budget.name": name });
		instruments.observe("pipeline.cost.budget.limit_usd", (report) => report(limitUsd, attributes));
		instruments.observe("pipeline.cost.budget.spent_usd", (report) => report(accounts.takeHighestUsd(), attributes));
	}

	/** Says once that the money is spent. */
	function tell(call: Call, account: Account, spentUsd: number): void {
		if (account.told) return;
		account.told = true;
		const attributes = { "budget.name": name, "budget.limit_usd": limitUsd, "budget.spent_usd": spentUsd };
		emitEvent(call, "budget.exceeded", attributes);
		call.scope.log.warn(`budget ${name} exceeded`, attributes);
	}

	const described = { name, limitUsd, onExceeded, per: typeof per === "function" ? "key" : per };
	return layer({ name: "budget", options: described }, (next) => (call) => {
		measure(call.definition.pipeline.instruments);
		const run = per === "run" ? ownerOf(call.scope) : undefined;
		let key: string | undefined;
		try {
			key = typeof per === "function" ? keyOf(call, per) : per;
		} catch (error) {
			return refused(call, error);
		}
		if (key === undefined) return next(call);
		const account = run === undefined ? accounts.of(key, call.clock) : accounts.ofRun(run, call.clock);
		// Of an observed run all spending counts, that outside of the calls with a budget too.
		const spentUsd = Math.max(account.spentUsd, run?.spend?.costUsd ?? 0);
		if (spentUsd >= limitUsd) {
			tell(call, account, spentUsd);
			if (onExceeded === "stop") return refused(call, new BudgetExceededError(name, limitUsd, spentUsd));
		}
		const { scope } = call;
		scope.budgets = [...(scope.budgets ?? []), account];
		return next(call);
	});
}

function keyOf(call: Call, per: (call: Call) => unknown): string | undefined {
	const key = per(call);
	if (key === undefined || typeof key === "string") return key;
	countRejection("budget", key);
	return refuse(TypeError, "budget: the key that per gives", "a string, or undefined for a call without a limit", key);
}

/** A call that must not be made fails as its function does. */
function refused(call: Call, error: unknown): Promise<never> {
	if (call.definition.isAsync) return rejection(error);
	throw error;
}

/** The outermost run around a call; outside of a run, the outermost call. */
function ownerOf(scope: Scope): Scope {
	let owner = scope;
	for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
		if (current.ownsRun || !owner.ownsRun) owner = current;
	}
	return owner;
}
