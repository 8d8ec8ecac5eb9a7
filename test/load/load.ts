import { setTimeout as sleep } from "node:timers/promises";
import {
	circuitBreaker,
	type FootlightOptions,
	footlight,
	RejectedError,
	rateLimit,
	retry,
	standardStack,
	TimeoutError,
	timeout,
} from "@footlight/core";
import { TraceFlags, trace } from "@opentelemetry/api";
import type { CallEnd, Ledger } from "./ledger.ts";
import { type Requester, StatusError } from "./requester.ts";

export const mostAttempts = 3;
export const timeoutMs = 200;

const tickMs = 5;
const users = 100;
/** One call of so many is given up by whoever made it, so soon. */
const cancelledEach = 50;
const cancelledAfterMs = 3;

export interface LoadOptions extends Pick<FootlightOptions, "tracerProvider" | "meterProvider"> {
	readonly ledger: Ledger;
	readonly request: Requester["request"];
	readonly callsPerSecond: number;
}

/**
 * Makes all calls of the ledger, at a steady rate however the earlier ones go.
 *
 * Resolves when the last has ended, with how long it took to begin them.
 */
export async function load({ ledger, request, callsPerSecond, ...providers }: LoadOptions): Promise<number> {
	const light = footlight("load", providers);
	const page = light.stage("page", (call: number) => request(call, light.current().signal), {
		use: standardStack({
			rateLimit: rateLimit({ windows: [{ name: "second", limit: 1_000_000, windowMs: 1_000 }] }),
			circuitBreaker: circuitBreaker({
				window: { durationMs: 1_000 },
				minimumCalls: 50,
				openMs: 400,
				probes: 5,
				successThreshold: 5,
				onStateChange: ({ from, to, reason }) => ledger.changed(`${from} ${to} ${reason}`),
			}),
			retry: retry({
				maxAttempts: mostAttempts,
				initialDelayMs: 20,
				maxRetryAfterMs: 1_000,
				onRetry: ({ call }) => {
					ledger.announced.all += 1;
					if (ledger.isSampled(call.input[0] as number)) ledger.announced.sampled += 1;
				},
			}),
			timeout: timeout({ timeoutMs }),
		}),
	});

	async function call(number: number): Promise<void> {
		const caller = new AbortController();
		if (number % cancelledEach === 0) setTimeout(() => caller.abort(), cancelledAfterMs);
		const ids = { userId: `user-${number % users}`, signal: caller.signal };
		try {
			await light.run(ids, () => {
				const flags = trace.getActiveSpan()?.spanContext().traceFlags ?? TraceFlags.NONE;
				if ((flags & TraceFlags.SAMPLED) !== 0) ledger.sampled(number);
				return page(number);
			});
			ledger.callEnded(number, "ok");
		} catch (error) {
			ledger.callEnded(number, endOf(error, caller.signal));
		}
	}

	const startMs = performance.now();
	const calls: Promise<void>[] = [];
	while (calls.length < ledger.calls) {
		const due = Math.min(ledger.calls, Math.floor(((performance.now() - startMs) / 1_000) * callsPerSecond));
		while (calls.length < due) calls.push(call(calls.length));
		await sleep(tickMs);
	}
	const begunMs = performance.now() - startMs;
	await Promise.all(calls);
	return begunMs;
}

function endOf(error: unknown, caller: AbortSignal): CallEnd {
	if (error instanceof RejectedError) return "rejected";
	if (error instanceof TimeoutError) return "timeout";
	if (error === caller.reason || (caller.aborted && (error as Error).name === "AbortError")) return "cancelled";
	return error instanceof StatusError && error.status === 404 ? "missing" : "failed";
}
