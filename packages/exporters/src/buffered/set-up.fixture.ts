import { setImmediate as nextTurn } from "node:timers/promises";
import { type ManualClock, manualClock } from "@footlight/core/testing";
import { type Batch, type BatchReceipt, BufferedExporter, type BufferedExporterOptions } from "../buffered.ts";

/** How a scripted sink answers a write; what is thrown is thrown at once, what is an error is a rejection. */
export type Answer = "ok" | "hangs" | BatchReceipt | Error | { readonly throws: unknown };

export interface ScriptedSink {
	write(batch: Batch<string>, signal: AbortSignal): Promise<BatchReceipt | undefined> | undefined;
	/** Each write, in order. */
	readonly batches: Batch<string>[];
	readonly signals: AbortSignal[];
	/** Items of writes that were confirmed. */
	readonly taken: string[];
	/** For the next writes; then "ok". */
	readonly answers: Answer[];
}

export function scriptedSink(): ScriptedSink {
	const batches: Batch<string>[] = [];
	const signals: AbortSignal[] = [];
	const taken: string[] = [];
	const answers: Answer[] = [];
	return {
		...{ batches, signals, taken, answers },
		write(batch, signal) {
			batches.push(batch);
			signals.push(signal);
			const answer = answers.shift() ?? "ok";
			if (answer === "hangs") return new Promise(() => {});
			if (answer instanceof Error) return Promise.reject(answer);
			if (typeof answer === "object" && "throws" in answer) throw answer.throws;
			const rejected = answer === "ok" ? [] : answer.rejected;
			taken.push(...batch.items.filter((_, index) => !rejected.includes(index)));
			return answer === "ok" ? undefined : Promise.resolve(answer);
		},
	};
}

export const away = (): Error => Object.assign(new Error("away"), { status: 503 });
export const refused = (): Error => Object.assign(new RangeError("no"), { status: 400 });

export interface SetUp {
	readonly clock: ManualClock;
	readonly sink: ScriptedSink;
	readonly exporter: BufferedExporter<string>;
	/** Lets everything happen that waits for nothing. */
	settle(): Promise<void>;
}

export function setUp(options: Partial<BufferedExporterOptions<string>> = {}): SetUp {
	const clock = manualClock();
	const sink = scriptedSink();
	const exporter = new BufferedExporter<string>({
		...{ name: "audit", sink, clock, batchSize: 3, maxItems: 10, maxDelayMs: 100 },
		...{ retry: { initialDelayMs: 10, maxDelayMs: 1_000, jitter: "none", maxAttempts: 3 } },
		...options,
	});
	return {
		...{ clock, sink, exporter },
		settle: async () => {
			for (let turn = 0; turn < 3; turn++) await nextTurn();
		},
	};
}
