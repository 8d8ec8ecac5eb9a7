/** The real breaker, around stages whose calls end when they are told to. */

import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import {
	type CircuitBreakerChange,
	type CircuitBreakerOptions,
	CircuitOpenError,
	circuitBreakers,
	footlight,
	InterruptedError,
	RejectedError,
	TimeoutError,
} from "../index.ts";
import { circuitBreaker } from "../middleware/circuit-breaker.ts";
import { manualClock, recordingSink } from "../testing/index.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { Verdict } from "./state.ts";

/** Ways for a call to end, and how a breaker must take each. */
export const endings = {
	ok: { verdict: "success", error: undefined },
	error: { verdict: "failure", error: () => new Error("boom") },
	timeout: { verdict: "failure", error: () => new TimeoutError("ask", 5) },
	"caller's fault": { verdict: "success", error: () => Object.assign(new Error("no such page"), { status: 404 }) },
	cancelled: { verdict: "ignored", error: () => new DOMException("no longer wanted", "AbortError") },
	"rate limit inside": { verdict: "ignored", error: () => new RejectedError("rate_limited", "too many") },
	"open breaker inside": { verdict: "ignored", error: () => new CircuitOpenError("other", 5) },
	interrupted: { verdict: "ignored", error: () => new InterruptedError("waits for review") },
} as const satisfies Record<string, { verdict: Verdict; error: (() => unknown) | undefined }>;

export type Ending = keyof typeof endings;

export interface RealCall {
	end(ending: Ending): Promise<void>;
}

export type Begun = { readonly call: RealCall } | { readonly refused: unknown };

interface Stages {
	readonly ask: () => Promise<void>;
	readonly stream: () => AsyncGenerator<string, void>;
}

const name = "modelled";

export class Real {
	readonly clock: ReturnType<typeof manualClock> = manualClock();
	readonly sink: ReturnType<typeof recordingSink> = recordingSink();
	readonly metrics: ReturnType<typeof recordMetrics> = recordMetrics();
	readonly changes: Omit<CircuitBreakerChange, "name">[] = [];
	saved: string | undefined;
	readonly #options: CircuitBreakerOptions;
	#stages: Stages;
	#work: (() => Promise<void>)[] = [];

	constructor(options: CircuitBreakerOptions) {
		circuitBreakers.clear();
		this.#options = {
			...options,
			name,
			onStateChange: ({ name: _, ...change }) => {
				this.changes.push(change);
			},
		};
		this.#stages = this.#define();
	}

	get breaker(): CircuitBreaker {
		return circuitBreakers.get(name) as CircuitBreaker;
	}

	#define(): Stages {
		const { clock, sink, metrics } = this;
		const light = footlight("modelled", { use: [], clock, sinks: [sink], meterProvider: metrics.meterProvider });
		const work = () => (this.#work.shift() as () => Promise<void>)();
		const use = [circuitBreaker(this.#options)];
		return {
			ask: light.stage("ask", async () => work(), { use }),
			stream: light.stage(
				"stream",
				async function* () {
					yield "first";
					await work();
				},
				{ use },
			),
		};
	}

	/** Begins a call: when this resolves it runs, or was refused. */
	begin(kind: "promise" | "stream"): Promise<Begun> {
		const work = Promise.withResolvers<void>();
		work.promise.catch(() => {});
		this.#work = [() => work.promise];
		const settle = (ending: Ending) => {
			const error = endings[ending].error?.();
			if (error === undefined) work.resolve();
			else work.reject(error);
		};
		return kind === "promise" ? this.#beginPromise(settle) : this.#beginStream(settle);
	}

	async #beginPromise(settle: (ending: Ending) => void): Promise<Begun> {
		const outcome = this.#stages.ask().then(
			() => undefined,
			(error: unknown) => error,
		);
		await turn();
		if (this.#work.length > 0) return { refused: await outcome };
		return {
			call: {
				async end(ending) {
					settle(ending);
					await outcome;
				},
			},
		};
	}

	async #beginStream(settle: (ending: Ending) => void): Promise<Begun> {
		const stream = this.#stages.stream();
		const [work] = this.#work;
		try {
			await stream.next();
		} catch (refused) {
			return { refused };
		}
		return {
			call: {
				end: async (ending) => {
					if (ending === "cancelled") {
						await stream.return();
						return;
					}
					this.#work = [work as () => Promise<void>];
					settle(ending);
					await stream.next().catch(() => {});
				},
			},
		};
	}

	/** As another process that begins where this one stood; or the stages of this one go on, with the new breaker. */
	move(stages: "new" | "old"): void {
		const snapshot = JSON.parse(JSON.stringify(this.breaker.snapshot()));
		circuitBreakers.delete(name);
		const defined = this.#define();
		if (stages === "new") this.#stages = defined;
		this.breaker.restore(snapshot);
	}
}

/** Lets everything run that can. */
function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
