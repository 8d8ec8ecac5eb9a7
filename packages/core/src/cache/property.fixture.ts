// Over 250 lines: a cache, the small model of what it should do, and what may happen to both.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { type AsyncCacheStore, cache, footlight, type Middleware, type SyncCacheStore } from "../index.ts";
import { manualClock, recordingTracerProvider } from "../testing/index.ts";
import { type CacheResult, cacheResults } from "./words.ts";

export const stores = ["memory", "sync", "async"] as const;
export type StoreKind = (typeof stores)[number];

export interface Spec {
	readonly store: StoreKind;
	readonly ttlMs: number;
	readonly staleMs: number;
	/** Of the memory; stores of the user's have room for all. */
	readonly maxEntries: number;
}

/** A call of the stage's function that the cache made. */
interface Work {
	readonly key: string;
	readonly isRefresh: boolean;
	/** Askers that wait for it. */
	readonly waiters: Set<number>;
	/** False once nobody may join it any more. */
	isCurrent: boolean;
	isAborted: boolean;
	isOver: boolean;
}

/** How an asker was answered; undefined while it waits. */
type Settled = { readonly value: unknown } | { readonly error: unknown } | undefined;

interface Asker {
	settled: Settled;
}

/** What the cache should do. */
export class Model {
	nowMs = 0;
	readonly spec: Spec;
	readonly entries = new Map<string, { value: unknown; storedMs: number }>();
	readonly works: Work[] = [];
	readonly askers: Asker[] = [];
	readonly results = Object.fromEntries(cacheResults.map((result) => [result, 0])) as Record<CacheResult, number>;
	evicted = 0;

	constructor(spec: Spec) {
		this.spec = spec;
	}

	ask(key: string): void {
		const asker: Asker = { settled: undefined };
		const number = this.askers.push(asker) - 1;
		const entry = this.entries.get(key);
		const work = this.works.find((one) => one.key === key && one.isCurrent);
		if (entry !== undefined && this.nowMs - entry.storedMs < this.spec.ttlMs + this.spec.staleMs) {
			this.entries.delete(key);
			this.entries.set(key, entry);
			asker.settled = { value: entry.value };
			const isStale = this.nowMs - entry.storedMs >= this.spec.ttlMs;
			this.results[isStale ? "stale" : "hit"]++;
			if (isStale && work === undefined) this.#begin(key, true);
			return;
		}
		if (entry !== undefined && this.spec.store === "memory") {
			this.entries.delete(key);
			this.evicted++;
		}
		(work ?? this.#begin(key, false)).waiters.add(number);
	}

	end(work: Work, settled: NonNullable<Settled>): void {
		work.isOver = true;
		if (work.isCurrent && "value" in settled) this.#store(work.key, settled.value);
		work.isCurrent = false;
		for (const number of work.waiters) this.#settle(work, number, settled);
	}

	abort(number: number, reason: unknown): void {
		const work = this.works.find((one) => !one.isOver && one.waiters.has(number));
		if (work === undefined) return;
		if (work.waiters.size === 1) {
			// The last one waits for what it has aborted.
			work.isCurrent = false;
			work.isAborted = true;
			return;
		}
		this.#settle(work, number, { error: reason });
		work.waiters.delete(number);
	}

	#begin(key: string, isRefresh: boolean): Work {
		const work = { key, isRefresh, waiters: new Set<number>(), isCurrent: true, isAborted: false, isOver: false };
		this.works.push(work);
		if (!isRefresh) this.#leaders.set(work, this.askers.length - 1);
		return work;
	}

	readonly #leaders = new Map<Work, number>();

	#settle(work: Work, number: number, settled: NonNullable<Settled>): void {
		(this.askers[number] as Asker).settled = settled;
		this.results[this.#leaders.get(work) === number ? "miss" : "coalesced"]++;
	}

	#store(key: string, value: unknown): void {
		if (!this.entries.delete(key) && this.spec.store === "memory" && this.entries.size >= this.spec.maxEntries) {
			this.entries.delete(this.entries.keys().next().value as string);
			this.evicted++;
		}
		this.entries.set(key, { value, storedMs: this.nowMs });
	}
}

function storeOf(kind: StoreKind): { store?: SyncCacheStore } {
	const entries = new Map<string, unknown>();
	const sync: SyncCacheStore = {
		get: (key) => entries.get(key),
		set: (key, entry) => entries.set(key, entry),
		getRemainingTTL: () => 0,
	};
	const waiting: AsyncCacheStore = {
		async get(key) {
			await null;
			// As one that writes JSON.
			return structuredClone(entries.get(key));
		},
		async set(key, entry) {
			await null;
			entries.set(key, structuredClone(entry));
		},
	};
	if (kind === "memory") return {};
	return { store: kind === "sync" ? sync : (waiting as never) };
}

/** A cache around a stage whose answers are given by hand. */
export class Real {
	readonly clock = manualClock();
	readonly metrics = recordMetrics();
	readonly tracerProvider = recordingTracerProvider();
	readonly works: {
		readonly key: string;
		readonly answer: PromiseWithResolvers<unknown>;
		readonly signal: AbortSignal | undefined;
	}[] = [];
	readonly askers: (Asker & { readonly abort: AbortController })[] = [];
	readonly ask: (key: string) => void;

	constructor({ store, ttlMs, staleMs, maxEntries }: Spec) {
		const light = footlight("docs-qa", {
			clock: this.clock,
			tracerProvider: this.tracerProvider,
			meterProvider: this.metrics.meterProvider,
		});
		const aborting: Middleware = (next) => (call) => next({ ...call, signal: call.input[1] as AbortSignal });
		const layer = cache({
			ttlMs,
			staleWhileRevalidateMs: staleMs,
			key: ({ input }) => input[0] as string,
			...(store === "memory" && { maxEntries }),
			...storeOf(store),
		});
		const stage = light.stage(
			"ask",
			async (key: string, _: AbortSignal) => {
				const work = { key, answer: Promise.withResolvers<unknown>(), signal: light.current().signal };
				this.works.push(work);
				return work.answer.promise;
			},
			{ use: [aborting, layer] },
		);
		this.ask = (key) => {
			const asker: Real["askers"][number] = { settled: undefined, abort: new AbortController() };
			this.askers.push(asker);
			stage(key, asker.abort.signal).then(
				(value) => {
					asker.settled = { value };
				},
				(error: unknown) => {
					asker.settled = { error };
				},
			);
		};
	}
}

function same(actual: unknown, expected: unknown, what: string): void {
	if (isDeepStrictEqual(actual, expected)) return;
	throw new Error(`${what}: the model has ${JSON.stringify(expected)}, the cache ${JSON.stringify(actual)}`);
}

async function compare(model: Model, real: Real): Promise<void> {
	await real.clock.advance(0);
	same(
		real.askers.map(({ settled }) => settled),
		model.askers.map(({ settled }) => settled),
		"answers",
	);
	const byKey = (one: { key: string }, other: { key: string }) => one.key.localeCompare(other.key);
	same(
		real.works.map(({ key, signal }) => ({ key, isAborted: signal?.aborted })).sort(byKey),
		model.works.map(({ key, isAborted }) => ({ key, isAborted })).sort(byKey),
		"calls",
	);
	const current = model.works.filter(({ isCurrent }) => isCurrent).map(({ key }) => key);
	same(new Set(current).size, current.length, "calls of one key at once");
}

/** What is counted, once all is over, and that nothing waits any more. */
export async function compareCounts(model: Model, real: Real): Promise<void> {
	for (const result of cacheResults) {
		const counted = await real.metrics.total("pipeline.cache.requests", { "cache.result": result });
		same(counted, model.results[result], `requests with ${result}`);
		const spans = real.tracerProvider.spans.filter((span) => span.attributes["cache.result"] === result);
		same(spans.length, model.results[result], `spans with ${result}`);
	}
	const refreshes = model.works.filter(({ isRefresh }) => isRefresh).length;
	same(await real.metrics.total("pipeline.cache.refreshes"), refreshes, "refreshes");
	same(real.tracerProvider.spans.filter(({ name }) => name === "ask refresh").length, refreshes, "spans of refreshes");
	if (model.spec.store !== "memory") return;
	same(await real.metrics.total("pipeline.cache.evictions"), model.evicted, "evictions");
	same(await real.metrics.total("pipeline.cache.entries"), model.entries.size, "entries");
}

type Command = fc.AsyncCommand<Model, Real>;

class Ask implements Command {
	readonly keys: readonly string[];
	constructor(keys: readonly string[]) {
		this.keys = keys;
	}
	check = () => true;
	async run(model: Model, real: Real): Promise<void> {
		for (const key of this.keys) {
			model.ask(key);
			real.ask(key);
		}
		await compare(model, real);
	}
	toString = () => `ask(${this.keys.join(", ")})`;
}

class End implements Command {
	readonly which: number;
	readonly fails: boolean;
	constructor(which: number, fails: boolean) {
		this.which = which;
		this.fails = fails;
	}
	check = (model: Readonly<Model>) => model.works.some(({ isOver }) => !isOver);
	async run(model: Model, real: Real): Promise<void> {
		const open = model.works.filter(({ isOver }) => !isOver);
		await end(model, real, open[this.which % open.length] as Work, this.fails);
	}
	toString = () => `${this.fails ? "fail" : "answer"}(${this.which})`;
}

let answers = 0;

async function end(model: Model, real: Real, work: Work, fails: boolean): Promise<void> {
	// Of different keys a refresh begins after what was asked at the same time.
	const ofKey = ({ key }: { readonly key: string }) => key === work.key;
	const number = model.works.filter(ofKey).indexOf(work);
	const { resolve, reject } = (real.works.filter(ofKey)[number] as Real["works"][number]).answer;
	const given = fails ? `error ${++answers}` : `answer ${++answers}`;
	model.end(work, fails ? { error: given } : { value: given });
	if (fails) reject(given);
	else resolve(given);
	await compare(model, real);
}

class Abort implements Command {
	readonly which: number;
	constructor(which: number) {
		this.which = which;
	}
	check = (model: Readonly<Model>) => model.askers.some(({ settled }) => settled === undefined);
	async run(model: Model, real: Real): Promise<void> {
		const waiting = [...model.askers.keys()].filter((number) => model.askers[number]?.settled === undefined);
		const number = waiting[this.which % waiting.length] as number;
		const { abort } = real.askers[number] as Real["askers"][number];
		if (abort.signal.aborted) return;
		const reason = `left ${number}`;
		model.abort(number, reason);
		abort.abort(reason);
		await compare(model, real);
	}
	toString = () => `abort(${this.which})`;
}

class Advance implements Command {
	readonly ms: number;
	constructor(ms: number) {
		this.ms = ms;
	}
	check = () => true;
	async run(model: Model, real: Real): Promise<void> {
		model.nowMs += this.ms;
		await real.clock.advance(this.ms);
		await compare(model, real);
	}
	toString = () => `advance(${this.ms})`;
}

/** Ends all that is under way. */
export async function finish(model: Model, real: Real): Promise<void> {
	for (const work of model.works) if (!work.isOver) await end(model, real, work, false);
}

export const specArbitrary: fc.Arbitrary<Spec> = fc.record({
	store: fc.constantFrom(...stores),
	ttlMs: fc.integer({ min: 5, max: 20 }),
	staleMs: fc.constantFrom(0, 1, 20, 50),
	maxEntries: fc.integer({ min: 1, max: 3 }),
});

const key = fc.constantFrom("a", "b", "c", "d");
const which = fc.nat({ max: 10 });

export const commandsArbitrary: fc.Arbitrary<Iterable<Command>> = fc.commands(
	[
		fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => new Ask(keys)),
		fc.constantFrom("a", "b").map((one) => new Ask([one])),
		fc.tuple(which, fc.constant(false)).map(([one, fails]) => new End(one, fails)),
		fc.tuple(which, fc.boolean()).map(([one, fails]) => new End(one, fails)),
		which.map((one) => new Abort(one)),
		fc.integer({ min: 1, max: 10 }).map((ms) => new Advance(ms)),
	],
	{ maxCommands: 40, size: "max" },
);
