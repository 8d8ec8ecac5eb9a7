import { expect, it } from "vitest";
import { cache, type FootlightOptions, footlight, hedge, type Middleware, retry, timeout } from "../index.ts";
import { manualClock } from "../testing/index.ts";

const minute = 60_000;

function setUp(options: FootlightOptions = {}) {
	// Whether a deadline is by the wall clock or by the one that only moves on is nothing to a cache.
	const clock = manualClock(0);
	return { clock, startMs: clock.monotonicMs(), light: footlight("docs-qa", { clock, ...options }) };
}

/** Each call has the deadline, counted from now on, and the signal that it is given. */
const limited: Middleware = (next) => (call) => {
	const [limitMs, signal] = call.input as [number | undefined, AbortSignal | undefined];
	return next({ ...call, signal, deadlineMs: limitMs === undefined ? undefined : call.clock.monotonicMs() + limitMs });
};

/** A stage whose calls hang behind a cache, and what its layers see of their deadline at any time. */
function watched(...inside: Middleware[]) {
	const kit = setUp();
	const seen: { deadlineMs: number | undefined }[] = [];
	const watching: Middleware = (next) => (call) => {
		seen.push(call);
		return next(call);
	};
	const work = Promise.withResolvers<string>();
	const ask = kit.light.stage("ask", async (..._: unknown[]) => work.promise, {
		use: [limited, cache({ ttlMs: minute, key: () => "same" }), ...inside, watching],
	});
	const leftMs = () => {
		const deadlineMs = seen[0]?.deadlineMs;
		return deadlineMs === undefined ? undefined : deadlineMs - kit.startMs;
	};
	return { ...kit, ask, work, leftMs, seen };
}

it("has work go on until the last of those who wait for it has no more time", async () => {
	const { ask, work, leftMs, seen } = watched();
	const aborting = new AbortController();
	const answers = [ask(100)];
	expect(leftMs()).toBe(100);
	answers.push(ask(300));
	expect(leftMs()).toBe(300);
	answers.push(ask(200));
	expect(leftMs()).toBe(300);
	answers.push(ask(undefined, aborting.signal));
	expect(leftMs()).toBeUndefined();
	aborting.abort("left");
	expect(leftMs()).toBe(300);
	work.resolve("answer");
	const settled = await Promise.allSettled(answers);
	expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
	expect(seen).toHaveLength(1);
});

it.each<[string, Middleware[], (number | undefined)[]]>([
	["a timeout of the whole", [timeout({ timeoutMs: 250 })], [100, 250, 250]],
	["a timeout of items", [timeout({ idleMs: 250 })], [100, 300, undefined]],
	["a hedge", [hedge({ delayMs: minute })], [100, 300, undefined]],
	["another cache", [cache({ ttlMs: minute, key: () => "inner" })], [100, 300, undefined]],
])("has layers further in know of that, behind %s too", async (_, inside, expected) => {
	const { ask, work, leftMs } = watched(...inside);
	const answers = [100, 300, undefined].map((limitMs) => [ask(limitMs), leftMs()]);
	expect(answers.map(([, left]) => left)).toEqual(expected);
	work.resolve("answer");
	await Promise.all(answers.map(([answer]) => answer));
});

it("lets a retry inside go on for one who has more time than whoever began", async () => {
	const { light, clock } = setUp();
	let calls = 0;
	const ask = light.stage(
		"ask",
		async (..._: unknown[]) => {
			await clock.sleep(10);
			if (++calls === 1) throw Object.assign(new Error("busy"), { status: 503 });
			return "answer";
		},
		{
			use: [
				limited,
				cache({ ttlMs: minute, key: () => "same" }),
				retry({ initialDelayMs: 500, backoff: "constant", jitter: "none" }),
			],
		},
	);
	const alone = ask(100);
	const refused = expect(alone).rejects.toThrow("busy");
	await clock.advance(10);
	await refused;
	expect(calls).toBe(1);

	calls = 0;
	const aborting = new AbortController();
	const answers = [ask(100, aborting.signal), ask(5_000)];
	await clock.advance(100);
	aborting.abort("no more time");
	await expect(answers[0]).rejects.toBe("no more time");
	await clock.advance(1_000);
	expect(await answers[1]).toBe("answer");
	expect(calls).toBe(2);
});

it("has what the work calls know of it, in a run of a pipeline as well", async () => {
	const { light, clock, startMs } = setUp();
	const goesOn = Promise.withResolvers<void>();
	const seen: (number | undefined)[] = [];
	let later: { deadlineMs: number | undefined } | undefined;
	const watching: Middleware = (next) => async (call) => {
		seen.push(call.deadlineMs);
		later ??= call;
		return next(call);
	};
	const inner = light.stage("inner", async () => goesOn.promise, { use: [watching] });
	const pipeline = light.pipeline<number>().stage("node", async () => inner(), { use: [watching] });
	const ask = light.stage(
		"ask",
		async (..._: unknown[]) => {
			await inner();
			await inner();
			await pipeline.run(1, { timeoutMs: 2_000 });
			return "answer";
		},
		{ use: [limited, cache({ ttlMs: minute, key: () => "same" })] },
	);
	const answers = [ask(100)];
	expect(seen).toEqual([startMs + 100]);
	answers.push(ask(5_000));
	expect(later?.deadlineMs).toBe(startMs + 5_000);
	goesOn.resolve();
	await clock.advance(0);
	expect(await Promise.all(answers)).toEqual(["answer", "answer"]);
	expect(seen).toEqual([100, 5_000, 2_000, 2_000].map((ms) => startMs + ms));
});

it("does not ask in circles where two wait for each other", async () => {
	const { light, startMs } = setUp();
	const seen: { deadlineMs: number | undefined }[] = [];
	const watching: Middleware = (next) => (call) => {
		seen.push(call);
		return next(call);
	};
	const both = Promise.withResolvers<void>();
	const use = [cache({ ttlMs: minute, name: "both", key: ({ input }) => String(input[2]) }), watching];
	const inner: (...input: unknown[]) => Promise<unknown> = light.stage("ask", async () => "answer", {
		use: [use[0] as Middleware],
	});
	const ask = light.stage(
		"ask",
		async (_limitMs: number, _signal: undefined, key: string) => {
			await both.promise;
			return inner(undefined, undefined, key === "a" ? "b" : "a");
		},
		{ use: [limited, ...use] },
	);
	void ask(100, undefined, "a");
	void ask(300, undefined, "b");
	both.resolve();
	await new Promise((resolve) => setImmediate(resolve));
	expect(seen.map(({ deadlineMs }) => (deadlineMs ?? 0) - startMs)).toEqual([300, 300]);
});
