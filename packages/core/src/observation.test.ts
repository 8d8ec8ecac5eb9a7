import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
	CancelledError,
	endAbandonedStreams,
	footlight,
	isFailure,
	type Outcome,
	RejectedError,
	TimeoutError,
} from "./index.ts";
import { exceptionsOf, milliseconds, registerSdk } from "./sdk.fixture.ts";
import { manualClock, recordingLogger } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

/** A call to make: what kind of function, what it calls, how it ends. */
interface Plan {
	readonly kind: "sync" | "async" | "stream";
	/** Waits before each child: for a microtask or for a task. */
	readonly waits: readonly ("micro" | "macro")[];
	readonly parallel: boolean;
	/** How it ends of itself; `rethrow` passes on the first error from inside. */
	readonly ending: "ok" | "error" | "timeout" | "rejected" | "cancelled" | "rethrow";
	/** Items after which the consumer of a stream stops. */
	readonly reads: number;
	readonly children: readonly Plan[];
}

const plan: (depth?: number) => fc.Arbitrary<Plan> = fc.memo((depth) =>
	fc.record({
		kind: fc.constantFrom("sync", "async", "async", "stream"),
		waits: fc.array(fc.constantFrom("micro", "macro"), { maxLength: 3 }),
		parallel: fc.boolean(),
		ending: fc.constantFrom("ok", "ok", "error", "timeout", "rejected", "cancelled", "rethrow"),
		reads: fc.nat({ max: 4 }),
		children: depth <= 1 ? fc.constant([]) : fc.array(plan(depth - 1), { maxLength: 3 }),
	}),
);

/** What really happened, noted by the functions themselves. */
interface Truth {
	readonly name: string;
	readonly parent: string;
	outcome: Outcome;
	/** Whether the error that ended it was its own. */
	ownError: boolean;
	items: number | undefined;
}

const logger = recordingLogger();
const light = footlight("property", { logger });
const outcomes = new WeakMap<object, Outcome>();

function makeError(ending: Plan["ending"], name: string): Error {
	const errors = {
		error: () => new Error(name),
		timeout: () => new TimeoutError(name, 1),
		rejected: () => new RejectedError("rate_limited", name),
		cancelled: () => new CancelledError(name),
	};
	const error = errors[ending as keyof typeof errors]();
	outcomes.set(error, ending as Outcome);
	return error;
}

async function wait(how: "micro" | "macro" | undefined): Promise<void> {
	if (how === "macro") await new Promise((resolve) => setImmediate(resolve));
	else if (how === "micro") await null;
}

/** Makes the calls of a plan and notes the truth; gives what the call threw. */
class Execution {
	readonly truths: Truth[] = [];

	begin(name: string, parent: string): Truth {
		const truth: Truth = { name, parent, outcome: "ok", ownError: false, items: undefined };
		this.truths.push(truth);
		return truth;
	}

	/** Ends a function as planned: returns, or throws its own error or the first one from inside. */
	end(plan: Plan, truth: Truth, inner: readonly unknown[]): void {
		const passedOn = inner.find((error) => error !== undefined);
		if (plan.ending === "ok" || (plan.ending === "rethrow" && passedOn === undefined)) return;
		truth.ownError = plan.ending !== "rethrow";
		const error = truth.ownError ? makeError(plan.ending, truth.name) : passedOn;
		truth.outcome = outcomes.get(error as object) ?? "error";
		throw error;
	}

	callSync(plan: Plan, name: string, parent: string): unknown {
		const stage = light.stage(name, () => {
			const truth = this.begin(name, parent);
			this.end(
				plan,
				truth,
				plan.children.map((child, index) => this.callSync(child, `${name}.${index}`, name)),
			);
		});
		try {
			stage();
			return undefined;
		} catch (error) {
			return error;
		}
	}

	async callAsync(plan: Plan, name: string, parent: string): Promise<unknown> {
		const stage = light.stage(name, async () => {
			const truth = this.begin(name, parent);
			const inner: unknown[] = [];
			const calls: Promise<unknown>[] = [];
			for (const [index, child] of plan.children.entries()) {
				await wait(plan.waits[index]);
				const call = this.call(child, `${name}.${index}`, name);
				if (plan.parallel) calls.push(call);
				else inner.push(await call);
			}
			inner.push(...(await Promise.all(calls)));
			await wait(plan.waits.at(-1));
			this.end(plan, truth, inner);
		});
		return stage().then(
			() => undefined,
			(error: unknown) => error,
		);
	}

	async callStream(plan: Plan, name: string, parent: string): Promise<unknown> {
		const execution = this;
		let truth: Truth | undefined;
		const stage = light.stage(name, async function* () {
			truth = execution.begin(name, parent);
			truth.items = 0;
			const inner: unknown[] = [];
			for (const [index, child] of plan.children.entries()) {
				await wait(plan.waits[index]);
				truth.items++;
				yield index;
				inner.push(await execution.call(child, `${name}.${index}`, name));
			}
			execution.end(plan, truth, inner);
		});
		try {
			let read = 0;
			for await (const _ of stage()) {
				if (++read > plan.reads) {
					if (truth !== undefined) (truth as Truth).outcome = "cancelled";
					break;
				}
			}
			return undefined;
		} catch (error) {
			return error;
		}
	}

	async call(plan: Plan, name: string, parent: string): Promise<unknown> {
		switch (plan.kind) {
			case "sync":
				return this.callSync(plan, name, parent);
			case "async":
				return this.callAsync(plan, name, parent);
			case "stream":
				return this.callStream(plan, name, parent);
		}
	}
}

async function checkAgreement(plans: readonly Plan[]): Promise<void> {
	recorded.reset();
	logger.clear();
	const execution = new Execution();
	await light.run(() => Promise.all(plans.map((plan, index) => execution.call(plan, `${index}`, "property"))));
	const spans = new Map(recorded.spans().map((span) => [span.name, span]));
	expect(recorded.spans()).toHaveLength(execution.truths.length + 1);
	const lines = logger.lines.filter((line) => line.fields.outcome !== undefined);
	expect(lines).toHaveLength(execution.truths.length + 1);
	const run = recorded.span("property");
	for (const truth of execution.truths) {
		const span = spans.get(truth.name);
		const parent = spans.get(truth.parent);
		if (span === undefined || parent === undefined) throw new Error(`no span for ${truth.name} or its parent`);
		expect(span.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
		expect(span.spanContext().traceId).toBe(run.spanContext().traceId);
		expect(span.attributes["pipeline.run.id"]).toBe(run.attributes["pipeline.run.id"]);
		expect(span.attributes.outcome).toBe(truth.outcome);
		expect(span.status.code).toBe(isFailure(truth.outcome) ? 2 : 0);
		expect(exceptionsOf(span)).toHaveLength(isFailure(truth.outcome) && truth.ownError ? 1 : 0);
		expect(span.attributes["stream.item_count"]).toBe(truth.items);
		expect(milliseconds(span.startTime)).toBeGreaterThanOrEqual(milliseconds(parent.startTime));
		expect(milliseconds(span.endTime)).toBeLessThanOrEqual(milliseconds(parent.endTime));
		expect(milliseconds(span.endTime)).toBeGreaterThanOrEqual(milliseconds(span.startTime));
		const line = lines.find((one) => one.fields.span_id === span.spanContext().spanId);
		expect(line?.fields).toMatchObject({
			outcome: truth.outcome,
			trace_id: span.spanContext().traceId,
			"stage.name": truth.name,
		});
		expect(line?.fields["stream.item_count"]).toBe(truth.items);
		const lastsMs = milliseconds(span.endTime) - milliseconds(span.startTime);
		expect(Math.abs((line?.fields.duration_ms as number) - lastsMs)).toBeLessThan(0.01);
	}
	expect(endAbandonedStreams()).toBe(0);
}

describe("telemetry is true", () => {
	it("for any tree of calls: sync, async and streams, nested and parallel, however each of them ends", async () => {
		await fc.assert(fc.asyncProperty(fc.array(plan(4), { minLength: 1, maxLength: 3 }), checkAgreement), {
			numRuns: 150,
		});
	}, 20_000);

	it("for runs side by side: nothing of one is in the other", async () => {
		const ask = light.stage("ask", async (turns: number) => {
			for (let turn = 0; turn < turns; turn++) await null;
			return light.current().ids.runId;
		});
		await fc.assert(
			fc.asyncProperty(fc.array(fc.nat({ max: 6 }), { minLength: 2, maxLength: 8 }), async (turns) => {
				recorded.reset();
				const runs = turns.map((count, index) =>
					light.run({ runId: `${index}` }, async () => [await ask(count), await ask(count)]),
				);
				expect(await Promise.all(runs)).toEqual(turns.map((_, index) => [`${index}`, `${index}`]));
				const byTrace = Map.groupBy(recorded.spans(), (span) => span.spanContext().traceId);
				expect([...byTrace.values()].map((spans) => spans.length)).toEqual(turns.map(() => 3));
			}),
			{ numRuns: 50 },
		);
	});
});

describe("a stream that nobody reads on", () => {
	const endless = light.stage("endless", async function* () {
		for (;;) yield 1;
	});

	it("ends when its run ends, at its last activity, and says that it was abandoned", async () => {
		const clock = manualClock();
		const timed = footlight("timed", { clock });
		const startMs = clock.now();
		const read = timed.stage("read", async function* () {
			for (;;) yield await clock.sleep(100);
		});
		const running = timed.run(async () => {
			const stream = read();
			await stream.next();
			await stream.next();
			await clock.sleep(1_000);
		});
		await clock.advance(5_000);
		await running;
		const span = recorded.span("read");
		expect(span.attributes).toMatchObject({ outcome: "cancelled", "stream.abandoned": true, "stream.item_count": 2 });
		expect(span.status.code).toBe(0);
		expect(span.attributes["stream.time_to_first_item_ms"]).toBe(100);
		expect(milliseconds(span.endTime) - startMs).toBe(200);
		expect(milliseconds(recorded.span("timed").endTime) - startMs).toBe(1_200);
	});

	it("ends with the outer run, if it is a run inside it", async () => {
		const inner = footlight("inner");
		await light.run(async () => {
			await inner
				.run(async function* () {
					for (;;) yield* endless();
				})
				.next();
			expect(recorded.spans()).toEqual([]);
		});
		expect(recorded.spans().map((span) => [span.name, span.attributes["stream.abandoned"]])).toEqual([
			["endless", true],
			["inner", true],
			["property", undefined],
		]);
	});

	it("outside a run ends at shutdown, and is counted", async () => {
		const stream = endless();
		await stream.next();
		expect(recorded.spans()).toEqual([]);
		expect(endAbandonedStreams()).toBe(1);
		expect(recorded.span("endless").attributes["stream.abandoned"]).toBe(true);
		expect(endAbandonedStreams()).toBe(0);
		// The stream itself works on.
		expect(await stream.next()).toEqual({ done: false, value: 1 });
		await stream.return(undefined as never);
		expect(recorded.spans()).toHaveLength(1);
	});
});
