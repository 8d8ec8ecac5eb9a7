import type { MeterProvider } from "@opentelemetry/api";
import {
	bulkhead,
	cache,
	circuitBreaker,
	type EventSink,
	fallback,
	featureFlag,
	footlight,
	hedge,
	type Light,
	type Logger,
	type Middleware,
	type RetryOptions,
	rateLimit,
	retry,
	retryBudget,
	timeout,
} from "../index.ts";
import { type ManualClock, manualClock } from "../testing/index.ts";
import { useEveryStream } from "./every-stream.fixture.ts";

interface Recorders {
	readonly logger: Logger;
	readonly sinks: readonly EventSink[];
	readonly meterProvider: MeterProvider;
}

/** Where a policy is tried: in a pipeline, on a clock, within other layers. */
interface Stand {
	readonly light: Light;
	readonly clock: ManualClock;
	readonly outer: readonly Middleware[];
	/** Makes a call and lets so much time go by; ends when the call has, however that was. */
	ends(call: () => unknown, ms?: number): Promise<void>;
}

const again = retry({ retryIf: () => true, maxAttempts: 2, initialDelayMs: 0, jitter: "none" });
const refusesFirst: Middleware = (next) => (call) => {
	if (call.attempt === 1) throw new Error("not at first");
	return next(call);
};
const busy = () => Object.assign(new Error("busy"), { code: "ECONNRESET" });
const fails = async () => Promise.reject(busy());

/** Every policy, with each way there is to end, around a stage and within an attempt of one; and every stream. */
export async function runEveryPolicy(recorders: Recorders): Promise<void> {
	const clock = manualClock();
	const stand = (name: string, ...outer: Middleware[]): Stand => ({
		light: footlight(name, { ...recorders, clock }),
		clock,
		outer,
		async ends(call, ms = 0) {
			const ended = Promise.resolve()
				.then(call)
				.catch(() => {});
			await clock.advance(ms);
			await ended;
		},
	});
	const policies = [retries, breaks, timesOut, isFull, hedges, fallsBack, limits, caches, asksFlags];
	for (const policy of policies) await policy(stand("policies"));
	for (const policy of policies) await policy(stand("policies-within-attempts", again, refusesFirst));
	await useEveryStream(stand("streams").light, clock);
}

async function retries({ light, clock, outer, ends }: Stand): Promise<void> {
	/** Fails with these errors, one call after another, then answers. */
	function tried(errors: unknown[], options: RetryOptions = {}, around: readonly Middleware[] = []) {
		const left = [...errors];
		const answer = async () => (left.length > 0 ? Promise.reject(left.shift()) : "answer");
		const layer = retry({ maxAttempts: 2, jitter: "none", ...options });
		return light.stage("tried", answer, { use: [...outer, ...around, layer] });
	}
	const slowDown = (headers: object) => Object.assign(new Error("slow down"), { status: 429, headers });
	const spent = retryBudget({ name: "every-policy", ratio: 0, minRetriesPerSecond: 0 });
	const calls = [
		tried([]),
		tried([busy()]),
		tried([slowDown({ "retry-after-ms": "20" })]),
		tried([slowDown({ "retry-after": "31" })]),
		tried([busy(), busy()]),
		tried([busy()], { maxElapsedMs: 50 }),
		tried([busy()], { budget: spent }),
		tried([busy()], {}, [timeout({ timeoutMs: 50 })]),
		tried([new Error("boom")]),
	];
	for (const call of calls) await ends(call, 1_000);
	const aborted = new AbortController();
	const given = ends(() => light.run({ signal: aborted.signal }, tried([busy()])), 50);
	await clock.advance(0);
	aborted.abort();
	await given;
}

async function breaks({ light, clock, outer, ends }: Stand): Promise<void> {
	const window = { window: { calls: 5 }, minimumCalls: 1, slowCallMs: 60_000, slowCallRateRatio: 1 };
	const breaker = circuitBreaker({ ...window, successThreshold: 1, openMs: 1_000 });
	const flapping = light.stage(
		"flapping",
		async (error?: unknown) => (error === undefined ? "answer" : Promise.reject(error)),
		{ use: [...outer, breaker] },
	);
	await ends(() => flapping());
	await ends(() => flapping(new DOMException("left", "AbortError")));
	await ends(() => flapping(busy()));
	await ends(() => flapping());
	await clock.advance(1_000);
	await ends(() => flapping());
	await ends(() => flapping());
}

async function timesOut({ light, clock, outer, ends }: Stand): Promise<void> {
	const takes = async (ms: number, listens = false) => {
		if (listens) void light.current().signal;
		await clock.sleep(ms);
	};
	const timed = light.stage("timed", takes, { use: [...outer, timeout({ timeoutMs: 10 })] });
	await ends(() => timed(5), 100);
	await ends(() => timed(50), 100);
	await ends(() => timed(50, true), 100);
}

async function isFull({ light, clock, outer, ends }: Stand): Promise<void> {
	const pool = bulkhead({ name: "model", concurrency: 1, queueSize: 1, maxWaitMs: 20 });
	const held = light.stage("held", (ms: number) => clock.sleep(ms), { use: [...outer, pool] });
	// One runs, one waits for its end, one is refused; then one waits for too long.
	await Promise.all([ends(() => held(10), 100), ends(() => held(50)), ends(() => held(1))]);
	await Promise.all([ends(() => held(50), 100), ends(() => held(1))]);
}

async function hedges({ light, clock, outer, ends }: Stand): Promise<void> {
	let takesMs: number[] = [];
	const answer = async (isBroken: boolean) => {
		await clock.sleep(takesMs.shift() ?? 0);
		if (isBroken) throw busy();
	};
	const hedged = light.stage("hedged", answer, { use: [...outer, hedge({ delayMs: 10 })] });
	for (const [ms, isBroken] of [[[5]], [[15, 90]], [[90, 5]], [[15, 15], true]] as [number[], boolean?][]) {
		takesMs = ms;
		await ends(() => hedged(isBroken ?? false), 100);
	}
}

async function fallsBack({ light, outer, ends }: Stand): Promise<void> {
	const asked = (fn: () => Promise<unknown>, policy: Middleware) =>
		light.stage("asked", fn, { use: [...outer, policy] });
	await ends(asked(async () => "answer", fallback({ value: "nothing" })));
	await ends(asked(fails, fallback({ value: "nothing" })));
	await ends(asked(fails, fallback({ use: fails })));
	await ends(asked(fails, fallback({ value: "nothing" }, { fallbackIf: () => false })));
}

async function limits({ light, outer, ends }: Stand): Promise<void> {
	const answer = async () => "answer";
	const once = rateLimit({ name: "once", windows: [{ name: "minute", limit: 1, windowMs: 60_000 }] });
	const limited = light.stage("limited", answer, { use: [...outer, once] });
	await ends(limited);
	await ends(limited);
	const outage = rateLimit({ name: "outage", limiter: { consume: fails } });
	await ends(light.stage("unlimited", answer, { use: [...outer, outage] }));
}

async function caches({ light, clock, outer, ends }: Stand): Promise<void> {
	let answers = 0;
	const answer = async (_: unknown) => (++answers === 2 ? Promise.reject(busy()) : "answer");
	const options = { ttlMs: 10, staleWhileRevalidateMs: 1_000 };
	const cached = light.stage("cached", answer, { use: [...outer, cache({ ...options, maxEntries: 1 })] });
	await Promise.all([ends(() => cached("why")), ends(() => cached("why"))]);
	await ends(() => cached("why"));
	await clock.advance(20);
	await ends(() => cached("why")); // Its refresh fails.
	await ends(() => cached(() => {}));
	await ends(() => cached("how"));
	const store = { get: fails, set: fails };
	await ends(() => light.stage("unstored", answer, { use: [...outer, cache({ ...options, store })] })("why"));
}

async function asksFlags({ light, outer, ends }: Stand): Promise<void> {
	const flagMetadata = { flagSetId: "ranking", version: "12" };
	let isDown = false;
	const client = {
		metadata: { providerMetadata: { name: "in-memory" } },
		getBooleanDetails: async () =>
			isDown ? fails() : { value: true, variant: "on", reason: "TARGETING_MATCH", flagMetadata },
	};
	const flagged = light.stage("flagged", async () => "answer", {
		use: [...outer, featureFlag({ flag: "new-ranker", client, defaultValue: true })],
	});
	await ends(() => light.run({ userId: "user-1" }, () => flagged()));
	isDown = true;
	await ends(() => light.run({ userId: "user-1" }, () => flagged()));
}
