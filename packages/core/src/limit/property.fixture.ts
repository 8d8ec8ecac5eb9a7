import fc from "fast-check";
import { Model, must, Violation } from "./model.fixture.ts";
import { type RateLimiter, rateLimiter } from "./rate-limiter.ts";
import type { RateLimits } from "./rate-limits.ts";

export { Violation };

/** A limiter and the clock it reads, which may be moved any way. */
interface Real {
	readonly limiter: RateLimiter;
	readonly clock: { ms: number };
}

type Command = fc.Command<Model, Real>;

const startMs = 1_000_000;

/** Limits that are soon reached; some beyond what a window counts exactly. */
const someLimits: readonly RateLimits[] = [
	{ windows: [{ name: "second", limit: 3, windowMs: 1_000 }] },
	{
		windows: [
			{ name: "second", limit: 3, windowMs: 1_000 },
			{ name: "ten", limit: 5, windowMs: 10_000 },
		],
	},
	{ windows: [{ name: "ten", limit: 8, windowMs: 10_000 }], burst: { size: 2 } },
	{ windows: [{ name: "five", limit: 4, windowMs: 5_000 }], burst: { size: 3, refillMs: 100 } },
	{ requestsPerMinute: 4, requestsPerHour: 6, requestsPerDay: 0, burstSize: 0 },
	{ requestsPerMinute: 7, requestsPerHour: 0, requestsPerDay: 9, burstSize: 3 },
	{ requestsPerMinute: 0, requestsPerHour: 0, requestsPerDay: 0 },
	{ burst: { size: 3, refillMs: 333.3 } },
	{ windows: [{ name: "second", limit: 70, windowMs: 1_000 }] },
	{
		windows: [
			{ name: "minute", limit: 100, windowMs: 60_000 },
			{ name: "second", limit: 61, windowMs: 1_000 },
		],
	},
];

const limits = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(...someLimits) },
	fc
		.record({
			sizes: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3_000 })), {
				minLength: 1,
				maxLength: 4,
			}),
			burst: fc.option(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 500 }))),
		})
		.map(
			({ sizes, burst }): RateLimits => ({
				windows: sizes.map(([limit, windowMs], index) => ({ name: `w${index}`, limit, windowMs })),
				...(burst && { burst: { size: burst[0], refillMs: burst[1] / 3 } }),
			}),
		),
);

/** Asks a limiter, several times at once or a millisecond apart. */
class Ask implements Command {
	readonly how: "consume" | "check";
	readonly key: string;
	readonly scope: string | undefined;
	readonly times: number;
	readonly apartMs: number;

	constructor(how: "consume" | "check", key: string, scope: string | undefined, times: number, apartMs: number) {
		this.how = how;
		this.key = key;
		this.scope = scope;
		this.times = times;
		this.apartMs = apartMs;
	}

	check = () => true;

	run(model: Model, { limiter, clock }: Real): void {
		for (let time = 0; time < this.times; time++) {
			if (time > 0) move(model, clock, this.apartMs);
			const result = limiter[this.how](this.key, this.scope);
			model.hear(this.key, this.scope, this.how === "consume", result);
			checkUsage(limiter, this.key, this.scope, result.remaining, result.allowed);
		}
		must(model.keysInUse <= limiter.trackedKeys, "keys in use", model.keysInUse, limiter.trackedKeys);
		must(limiter.trackedKeys <= model.keysKnown, "keys known", model.keysKnown, limiter.trackedKeys);
	}

	toString = () => `${this.how}(${this.key}, ${this.scope}) x ${this.times}, ${this.apartMs} ms apart`;
}

/** What a limiter says of its quotas has to agree with what it has just decided. */
function checkUsage(
	limiter: RateLimiter,
	key: string,
	scope: string | undefined,
	remaining: number,
	allowed: boolean,
): void {
	const usage = limiter.usage(key, scope);
	const least = Math.min(...usage.map((quota) => quota.remaining));
	must(allowed ? least === remaining : least === 0, "usage", usage, remaining);
	for (const { used, limit, remaining: left, moreInMs, windowMs } of usage) {
		must(left === Math.max(0, limit - used), "usage of a quota", usage);
		must(moreInMs > 0 && moreInMs <= Math.ceil(windowMs), "time to more", usage);
	}
}

function move(model: Model, clock: { ms: number }, byMs: number): void {
	clock.ms += byMs;
	model.nowMs = Math.max(model.nowMs, clock.ms);
}

class Wait implements Command {
	readonly byMs: number;

	constructor(byMs: number) {
		this.byMs = byMs;
	}

	check = () => true;

	run(model: Model, { limiter, clock }: Real): void {
		// It stands still where time runs backwards: at the latest time it has seen.
		limiter.check("nobody");
		move(model, clock, this.byMs);
	}

	toString = () => `wait(${this.byMs})`;
}

/** As long as the last refusal said, or as long but for a moment. */
class WaitAsTold implements Command {
	readonly lessMs: number;

	constructor(lessMs: number) {
		this.lessMs = lessMs;
	}

	check = (model: Readonly<Model>) => model.lastRetryMs > this.lessMs;
	run = (model: Model, { clock }: Real) => move(model, clock, model.lastRetryMs - this.lessMs);
	toString = () => `wait as told, less ${this.lessMs}`;
}

class SetLimits implements Command {
	readonly key: string;
	readonly limits: RateLimits | undefined;

	constructor(key: string, given: RateLimits | undefined) {
		this.key = key;
		this.limits = given;
	}

	check = () => true;

	run(model: Model, { limiter }: Real): void {
		model.setLimits(this.key, this.limits);
		limiter.setUserLimits(this.key, this.limits);
		const got = limiter.getUserLimits(this.key);
		must((got === undefined) === (this.limits === undefined), "limits of a user", got, this.limits);
	}

	toString = () => `setLimits(${this.key}, ${JSON.stringify(this.limits)})`;
}

class Reset implements Command {
	readonly key: string;

	constructor(key: string) {
		this.key = key;
	}

	check = () => true;

	run(model: Model, { limiter }: Real): void {
		model.reset(this.key);
		limiter.reset(this.key);
	}

	toString = () => `reset(${this.key})`;
}

class FreeIdle implements Command {
	check = () => true;

	run(model: Model, { limiter }: Real): void {
		limiter.freeIdle();
		must(limiter.trackedKeys === model.keysInUse, "keys kept", model.keysInUse, limiter.trackedKeys);
	}

	toString = () => "freeIdle()";
}

// Most happens to few, so that one thing comes of another.
const key = fc.oneof({ weight: 4, arbitrary: fc.constant("ada") }, fc.constantFrom("bob", "eve", ""));
const scope = fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constantFrom("a", "b"));
const waits = fc.oneof(
	{ weight: 3, arbitrary: fc.integer({ min: 0, max: 2_500 }) },
	{ weight: 3, arbitrary: fc.integer({ min: 0, max: 10_000 }).map((quarters) => quarters / 4) },
	fc.constantFrom(1, 999, 1_000, 1_001, 5_000, 9_999, 10_000, 59_999, 60_000, 3_600_000, 86_400_000, -1, -5_000),
);

const commands = fc.commands(
	[
		fc
			.tuple(key, scope, fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 1, 0.25, 90))
			.map(([name, where, times, apartMs]) => new Ask("consume", name, where, times, apartMs)),
		fc
			.tuple(key, scope, fc.integer({ min: 1, max: 120 }), fc.constantFrom(0, 3, 21))
			.map(([name, where, times, apartMs]) => new Ask("consume", name, where, times, apartMs)),
		fc.tuple(key, scope).map(([name, where]) => new Ask("check", name, where, 1, 0)),
		waits.map((byMs) => new Wait(byMs)),
		fc.constantFrom(0, 0, 1).map((lessMs) => new WaitAsTold(lessMs)),
		waits.map((byMs) => new Wait(byMs)),
		fc.tuple(key, fc.option(limits, { nil: undefined })).map(([name, given]) => new SetLimits(name, given)),
		fc.tuple(key, fc.option(limits, { nil: undefined })).map(([name, given]) => new SetLimits(name, given)),
		key.map((name) => new Reset(name)),
		fc.constant(new FreeIdle()),
	],
	{ maxCommands: 40 },
);

/** Histories of a limiter, and what a naive one says to each of its answers. */
export const limiterProperty: fc.IPropertyWithHooks<[RateLimits, Iterable<Command>]> = fc.property(
	limits,
	commands,
	(given, history) => {
		const clock = { ms: startMs };
		const limiter = rateLimiter({
			...given,
			clock: { now: () => 0, monotonicMs: () => clock.ms, sleep: () => Promise.reject(new Error("it never sleeps")) },
		});
		fc.modelRun(() => ({ model: new Model(given, startMs), real: { limiter, clock } }), history);
	},
);
