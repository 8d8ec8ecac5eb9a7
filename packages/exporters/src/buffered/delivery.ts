import {
	asyncLayer,
	type Clock,
	footlight,
	layer,
	type Middleware,
	type RetryOptions,
	retry,
	telemetryFailed,
	timeout,
} from "@footlight/core";
import { readNow, retryAfterMs, withoutTelemetry } from "@footlight/core/telemetry";
import type { MeterProvider } from "@opentelemetry/api";
import { AwayNotice } from "./away-notice.ts";
import type { Batch, BatchReceipt } from "./batch.ts";
import type { BufferedExporterSettings } from "./options.ts";
import { restingClock } from "./resting-clock.ts";
import { failureType, isCredentialRefusal, isTooLarge, maySucceedLater } from "./transience.ts";

/** The name under which `pipeline.retry.*` and `pipeline.timeout.*` show deliveries; the stage has the exporter's. */
const pipelineName = "exporters";

/** How the delivery of a batch ended. */
export type Delivered =
	| { readonly is: "confirmed"; readonly rejected: ReadonlySet<number>; readonly reason: string }
	| { readonly is: "given_up"; readonly error: unknown }
	/** The other side may take it in halves. */
	| { readonly is: "too_large" }
	| { readonly is: "stopped" };

/** One batch on its way, over all of its attempts. */
interface Errand<Item> {
	readonly batch: Batch<Item>;
	readonly stopping: AbortController;
	/** Ends a pause that nobody asked for. */
	goOn: (() => void) | undefined;
	/** The last failure that the layer asked about, and what was decided. */
	decided: { readonly error: unknown; readonly maySucceedLater: boolean } | undefined;
}

/** Brings batches to a sink, each until it is confirmed, given up, or stopped. */
export class Delivery<Item> {
	readonly #name: string;
	readonly #clock: Clock;
	readonly #pauseMs: number;
	readonly #longestPauseMs: number;
	readonly #notice: AwayNotice;
	readonly #errands = new Set<Errand<Item>>();
	readonly #write: (errand: Errand<Item>) => Promise<Receipt>;
	#isStopped = false;

	constructor(
		settings: BufferedExporterSettings<Item>,
		clock: Clock,
		meterProvider: MeterProvider | undefined,
		attempted: (durationMs: number, errorType: string | undefined) => void,
		left: () => number,
	) {
		this.#name = settings.name;
		this.#clock = restingClock(clock);
		this.#notice = new AwayNotice(settings.name, left);
		this.#pauseMs = settings.retry.maxDelayMs;
		this.#longestPauseMs = Math.max(this.#pauseMs, settings.retry.maxRetryAfterMs);
		const light = footlight(pipelineName, { use: [], clock: this.#clock, ...(meterProvider && { meterProvider }) });
		const write = async ({ batch }: Errand<Item>): Promise<Receipt> =>
			receiptOf((await settings.sink.write(batch, light.current().signal)) ?? undefined, batch.items.length);
		this.#write = light.stage(settings.name, write, {
			use: [
				stoppable,
				retry({ ...settings.retry, retryIf: remembering(settings.retry.retryIf) }),
				timed(this.#clock, attempted),
				timeout({ timeoutMs: settings.timeoutMs }),
			],
		});
	}

	/** Never rejects. */
	async deliver(batch: Batch<Item>): Promise<Delivered> {
		// What a sink does before it first waits is not to be done in whoever emitted the last item of the batch.
		await undefined;
		for (;;) {
			if (this.#isStopped) return { is: "stopped" };
			const errand: Errand<Item> = { batch, stopping: new AbortController(), goOn: undefined, decided: undefined };
			this.#errands.add(errand);
			try {
				const { rejected, reason } = await withoutTelemetry(() => this.#write(errand));
				this.#notice.confirmed();
				return { is: "confirmed", rejected, reason };
			} catch (error) {
				if (this.#isStopped) return { is: "stopped" };
				const { decided } = errand;
				const isTemporary = decided?.error === error ? decided?.maySucceedLater : maySucceedLater(error);
				if (!isTemporary) {
					return batch.items.length > 1 && isTooLarge(error) ? { is: "too_large" } : { is: "given_up", error };
				}
				await this.#pause(error, errand);
			} finally {
				this.#errands.delete(errand);
			}
		}
	}

	/** Stops what is under way: nothing is tried again, and sinks hear that nobody waits for them. */
	stop(reason: unknown): void {
		this.#isStopped = true;
		for (const { stopping } of this.#errands) stopping.abort(reason);
	}

	/** Ends pauses after a round of attempts: whoever closes wants one more. A time that the other side asks for is kept. */
	hurry(): void {
		for (const { goOn } of this.#errands) goOn?.();
	}

	/** The attempts of the layer are used up: the other side is given time. */
	async #pause(error: unknown, errand: Errand<Item>): Promise<void> {
		const { signal } = errand.stopping;
		if (isCredentialRefusal(error)) this.#tellOfCredentials(error);
		else this.#notice.failed(error);
		const askedMs = retryAfterMs(error, readNow(this.#clock));
		const ms = askedMs === undefined ? this.#pauseMs : Math.min(askedMs, this.#longestPauseMs);
		const over = new AbortController();
		if (askedMs === undefined) errand.goOn = () => over.abort();
		try {
			await this.#clock.sleep(ms, AbortSignal.any([signal, over.signal]));
		} catch (failure) {
			if (!signal.aborted && !over.signal.aborted) telemetryFailed("clock", failure);
		}
	}

	/** Nothing is lost, but somebody has to do something; the first time is told. */
	#tellOfCredentials(cause: unknown): void {
		const message = `the sink of ${this.#name} is refused (HTTP ${failureType(cause)}): what waits is kept, and tried again`;
		telemetryFailed("exporter credentials", new Error(message, { cause }));
	}
}

const stoppable: Middleware = layer({ name: "stoppable" }, (next) => (call) => {
	const [errand] = call.input as [Errand<unknown>];
	return next({ ...call, signal: errand.stopping.signal });
});

/** Remembers what was decided of a failure: when the attempts of the layer are used up, it counts again. */
function remembering(retryIf: RetryOptions["retryIf"]): NonNullable<RetryOptions["retryIf"]> {
	return (error, context) => {
		const [errand] = context.call.input as [Errand<unknown>];
		const remember = <A>(answer: A): A => {
			if (typeof answer === "boolean") errand.decided = { error, maySucceedLater: answer };
			return answer;
		};
		const answer = retryIf === undefined ? maySucceedLater(error) : retryIf(error, context);
		return typeof answer === "object" ? Promise.resolve(answer).then(remember) : remember(answer);
	};
}

function timed(clock: Clock, attempted: (durationMs: number, errorType: string | undefined) => void): Middleware {
	return asyncLayer({ name: "timed" }, (next) => async (call) => {
		const startMs = clock.monotonicMs();
		let failedAs: string | undefined;
		try {
			return await next(call);
		} catch (error) {
			failedAs = failureType(error);
			throw error;
		} finally {
			attempted(Math.max(0, clock.monotonicMs() - startMs), failedAs);
		}
	});
}

interface Receipt {
	readonly rejected: ReadonlySet<number>;
	readonly reason: string;
}

const nothingRejected: Receipt = { rejected: new Set(), reason: "" };

/** What a sink says of a batch it took, in so far as that makes sense. */
function receiptOf(given: BatchReceipt | undefined, items: number): Receipt {
	try {
		if (!Array.isArray(given?.rejected) || given.rejected.length === 0) return nothingRejected;
		const indexes: readonly unknown[] = given.rejected;
		const isIndex = (index: unknown): index is number =>
			Number.isInteger(index) && (index as number) >= 0 && (index as number) < items;
		const rejected = new Set(indexes.filter(isIndex));
		return { rejected, reason: typeof given.reason === "string" ? given.reason : "" };
	} catch (error) {
		// The batch was taken all the same.
		telemetryFailed("sink receipt", error);
		return nothingRejected;
	}
}
