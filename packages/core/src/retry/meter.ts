import type { Attributes } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { activeContext } from "../context.ts";
import { errorType } from "../outcome.ts";
import { type Cell, cellOf, onceMetered, stageLabels } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { SharedRetryBudget } from "./budget.ts";
import { type DelaySource, type RetryResult, retryResults } from "./words.ts";

/** What a retry layer counts around one stage. */
export class RetryMeter {
	readonly #instruments: Instruments;
	readonly #labels: Attributes;
	readonly #calls: Readonly<Record<RetryResult, readonly [atOnce: Cell, retried: Cell]>>;
	readonly #attemptLabels: Readonly<Record<RetryResult, Attributes>>;
	readonly #delayLabels: Readonly<Record<DelaySource, Attributes>>;
	readonly #overBudget: Cell;

	constructor(instruments: Instruments, labels: Attributes) {
		this.#instruments = instruments;
		this.#labels = labels;
		this.#calls = byResult((result) => [this.#callCell(false, result), this.#callCell(true, result)]);
		this.#attemptLabels = byResult((result) => Object.freeze({ ...labels, "retry.result": result }));
		this.#delayLabels = {
			backoff: Object.freeze({ ...labels, "retry.delay_source": "backoff" }),
			retry_after: Object.freeze({ ...labels, "retry.delay_source": "retry_after" }),
		};
		this.#overBudget = cellOf(instruments, "pipeline.retry.budget.exhausted", labels);
	}

	/** Counts a call that ended, after so many attempts. */
	ended(attempts: number, result: RetryResult): void {
		this.#calls[result][attempts > 1 ? 1 : 0].value++;
		this.#instruments.record(
			"pipeline.retry.attempts_per_call",
			attempts,
			this.#attemptLabels[result],
			activeContext(),
		);
		if (result === "budget_exhausted") this.#overBudget.value++;
	}

	/** Counts a further attempt. */
	retried(error: unknown): void {
		cellOf(this.#instruments, "pipeline.retry.attempts", { ...this.#labels, "error.type": errorType(error) }).value++;
	}

	scheduled(delayMs: number, source: DelaySource): void {
		this.#instruments.record("pipeline.retry.delay", delayMs / 1_000, this.#delayLabels[source], activeContext());
	}

	#callCell(retried: boolean, result: RetryResult): Cell {
		return cellOf(this.#instruments, "pipeline.retry.calls", {
			...this.#labels,
			"retry.retried": retried,
			"retry.result": result,
		});
	}
}

function byResult<T>(make: (result: RetryResult) => T): Readonly<Record<RetryResult, T>> {
	return Object.fromEntries(retryResults.map((result) => [result, make(result)])) as Record<RetryResult, T>;
}

/** Finds the meter of a stage: made when the stage is defined, or when a provider is there. */
export function retryMeter(
	definition: Definition,
	budget: SharedRetryBudget | undefined,
): () => RetryMeter | undefined {
	return onceMetered(definition, (instruments) => {
		budget?.measure(instruments);
		return new RetryMeter(instruments, stageLabels(definition));
	});
}
