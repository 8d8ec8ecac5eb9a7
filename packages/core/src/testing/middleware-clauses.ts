// Over 250 lines: a catalogue of short, independent clauses that is read from top to bottom.

import { footlight } from "../footlight.ts";
import type { FootlightOptions } from "../light.ts";
import { describeLayer, type Middleware } from "../middleware.ts";
import { failingSink, recordingSink } from "./recording-sink.ts";
import { recordingTracerProvider } from "./recording-tracer.ts";
import { scriptedHandler } from "./scripted-handler.ts";
import { testCall } from "./test-call.ts";

/** One thing that every middleware must do; `check` rejects where it does not. */
export interface MiddlewareClause {
	readonly title: string;
	check(factory: () => Middleware, events: readonly string[]): Promise<void>;
}

function must(kept: boolean, what: string): void {
	if (!kept) throw new Error(`contract of middleware: a layer must ${what}`);
}

// biome-ignore lint/suspicious/noExplicitAny: clauses call through layers that may change the type of the result
type Loose = (...input: any[]) => any;

/** A stage with the layer around it, and nothing else. */
function stageOf(middleware: Middleware, fn: Loose, options: FootlightOptions = {}): Loose {
	const light = footlight("contract", { tracerProvider: recordingTracerProvider(), ...options, use: [middleware] });
	return light.stage("stage-under-test", fn);
}

type Settled = { readonly value: unknown } | { readonly error: unknown };

async function settledBy(call: () => unknown): Promise<Settled> {
	try {
		return { value: await call() };
	} catch (error) {
		return { error };
	}
}

function same(settled: Settled, expected: Settled): boolean {
	if ("error" in expected) return "error" in settled && settled.error === expected.error;
	return "value" in settled && settled.value === expected.value;
}

/** Lets reactions run that nobody awaits. */
async function turn(): Promise<void> {
	for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

const passesResults: MiddlewareClause = {
	title: "passes results through",
	async check(factory) {
		const object = { answer: 42 };
		for (const value of [object, undefined, null, 0, ""]) {
			must(same(await settledBy(stageOf(factory(), () => value)), { value }), "give what the function returned");
			must(
				same(await settledBy(stageOf(factory(), async () => value)), { value }),
				"give what the function's promise gave",
			);
		}
		const received = await stageOf(factory(), (...input) => input)(object, "second");
		must(received[0] === object && received[1] === "second", "hand every argument on");
	},
};

const passesErrors: MiddlewareClause = {
	title: "passes errors through, the same object",
	async check(factory) {
		for (const error of [new Error("boom"), "boom", undefined]) {
			const throws = () => {
				throw error;
			};
			must(same(await settledBy(stageOf(factory(), throws)), { error }), "throw what the function threw");
			must(
				same(await settledBy(stageOf(factory(), async () => throws())), { error }),
				"reject as the function rejected",
			);
		}
	},
};

const staysSynchronous: MiddlewareClause = {
	title: "stays synchronous unless it waits",
	async check(factory) {
		const middleware = factory();
		const result = stageOf(middleware, () => "value")();
		if (describeLayer(middleware).waits)
			must(result instanceof Promise, "give a promise where it is made with asyncLayer");
		else must(result === "value", "keep a synchronous function synchronous, or be made with asyncLayer");
		await result;
	},
};

const forwardsAborts: MiddlewareClause = {
	title: "forwards the signal of the call",
	async check(factory) {
		const scripted = scriptedHandler();
		const aborting = new AbortController();
		const answer = settledBy(() => factory()(scripted.handler)(testCall({ signal: aborting.signal })));
		const { call, respond } = await scripted.next();
		const reason = new Error("no longer wanted");
		must(call.signal?.aborted === false, "hand a signal on that has not aborted");
		aborting.abort(reason);
		must(
			call.signal?.aborted === true && call.signal.reason === reason,
			"abort the inner signal when the outer one aborts",
		);
		respond();
		await answer;
	},
};

const keepsCallsApart: MiddlewareClause = {
	title: "keeps concurrent calls apart",
	async check(factory) {
		const scripted = scriptedHandler();
		const handler = factory()(scripted.handler);
		const numbers = Array.from({ length: 20 }, (_, index) => index);
		const answers = numbers.map((number) =>
			settledBy(() => handler(testCall({ name: `call-${number}`, input: [number] }))),
		);
		const taken = await Promise.all(numbers.map(() => scripted.next()));
		// The last is answered first, and every third fails.
		for (const { call, respond, reject } of taken.reverse()) {
			const number = call.input[0] as number;
			if (number % 3 === 0) reject(number);
			else respond(number);
			await turn();
		}
		for (const [number, settled] of (await Promise.all(answers)).entries()) {
			must(
				same(settled, number % 3 === 0 ? { error: number } : { value: number }),
				"give each of concurrent calls its own answer",
			);
		}
	},
};

const composesOnce: MiddlewareClause = {
	title: "composes without calling, and apart for every stage",
	async check(factory) {
		const calls: string[] = [];
		const middleware = factory();
		const count = (value: string) => () => {
			calls.push(value);
			return value;
		};
		const first = middleware(count("first"));
		const second = middleware(count("second"));
		must(calls.length === 0, "not call the handler while it is composed");
		must((await first(testCall())) === "first", "answer with the handler it was composed with");
		must((await second(testCall())) === "second", "answer with the handler it was composed with");
		must(calls.length === 2, "call the handler once for a call that succeeds");
	},
};

const emitsOnlyDocumented: MiddlewareClause = {
	title: "emits only the events it documents",
	async check(factory, events) {
		const sink = recordingSink();
		const outcomes = [() => "value", async () => Promise.reject(new Error("boom")), () => Promise.reject(abortError())];
		for (const fn of outcomes) await settledBy(stageOf(factory(), fn, { sinks: [sink] }));
		const other = sink.names.find((name) => !events.includes(name));
		must(other === undefined, `document the event ${JSON.stringify(other)} it emits`);
	},
};

function abortError(): Error {
	return Object.assign(new Error("aborted"), { name: "AbortError" });
}

const leavesStreamsLazy: MiddlewareClause = {
	title: "leaves streams lazy",
	async check(factory) {
		const produced: number[] = [];
		const stream = stageOf(factory(), async function* () {
			while (produced.length < 100) yield produced.push(1);
		})();
		await turn();
		must(produced.length === 0, "not read a stream on its own behalf");
		await stream.next();
		await turn();
		must(produced.length === 1, "not read ahead of the consumer");
		await stream.return();
	},
};

const returnsStreams: MiddlewareClause = {
	title: "returns a stream when its consumer stops",
	async check(factory) {
		let returned = 0;
		const endless = async function* () {
			try {
				for (;;) yield "item";
			} finally {
				returned++;
			}
		};
		for await (const _ of stageOf(factory(), endless)()) break;
		for await (const _ of await stageOf(factory(), async () => endless())()) break;
		must(returned === 2, "call return() on a stream whose consumer stops");
	},
};

const keepsKinds: MiddlewareClause = {
	title: "keeps the kind of every result",
	async check(factory) {
		const { waits } = describeLayer(factory());
		const generated = stageOf(factory(), function* () {
			yield* [1, 2];
		})();
		must(
			typeof generated[waits ? Symbol.asyncIterator : Symbol.iterator] === "function",
			"keep a generator a generator",
		);
		must((await collected(generated)).join() === "1,2", "keep every item of a generator");
		const streamed = stageOf(factory(), async function* () {
			yield* [1, 2];
		})();
		must(typeof streamed[Symbol.asyncIterator] === "function", "keep an async generator an async generator");
		must((await collected(streamed)).join() === "1,2", "keep every item of an async generator");
		const web = await stageOf(factory(), () => webStream([1, 2]))();
		must(web instanceof ReadableStream, "keep a ReadableStream a ReadableStream");
		must((await collected(web)).join() === "1,2", "keep every item of a ReadableStream");
		const list = [1, 2];
		must((await stageOf(factory(), () => list)()) === list, "keep an array the same array");
		if (waits) return;
		const lazy = new LazyAnswer();
		must(stageOf(factory(), () => lazy)() instanceof LazyAnswer, "keep a thenable of a class of its own");
		await turn();
		must(!lazy.started, "not start a lazy thenable");
	},
};

async function collected(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<unknown[]> {
	const all: unknown[] = [];
	for await (const item of items) all.push(item);
	return all;
}

function webStream(items: readonly unknown[]): ReadableStream<unknown> {
	return new ReadableStream({
		start(controller) {
			for (const item of items) controller.enqueue(item);
			controller.close();
		},
	});
}

/** A request that is sent when somebody asks for its answer, as query builders do. */
class LazyAnswer {
	started = false;

	then(...reactions: Parameters<Promise<unknown>["then"]>): Promise<unknown> {
		this.started = true;
		return Promise.resolve<unknown>("answer").then(...reactions);
	}
}

const worksUnheard: MiddlewareClause = {
	title: "works when nobody listens",
	async check(factory) {
		const error = new Error("boom");
		const handler = factory()((call) => (call.input[0] === "fail" ? Promise.reject(error) : call.input[0]));
		const value = {};
		must(
			same(await settledBy(() => handler(testCall({ input: [value] }))), { value }),
			"give results without a listener",
		);
		must(
			same(await settledBy(() => handler(testCall({ input: ["fail"] }))), { error }),
			"give errors without a listener",
		);
	},
};

const survivesListeners: MiddlewareClause = {
	title: "is not changed by listeners that fail",
	async check(factory) {
		const broken = () => {
			throw new Error("the listener throws");
		};
		const listeners: FootlightOptions[] = [
			...(["throws", "rejects", "hangs"] as const).map((failure) => ({ sinks: [failingSink(failure)] })),
			{ logger: { debug: broken, info: broken, warn: broken, error: broken } },
			{ logger: { debug: broken, info: broken, warn: broken, error: broken, isLevelEnabled: broken } },
			{ tracerProvider: { getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) } },
		];
		const error = new Error("boom");
		for (const listener of listeners) {
			must(
				same(await settledBy(stageOf(factory(), () => "value", listener)), { value: "value" }),
				"survive listeners that fail",
			);
			const fails = async () => Promise.reject(error);
			must(same(await settledBy(stageOf(factory(), fails, listener)), { error }), "survive listeners that fail");
		}
	},
};

const leavesCallAlone: MiddlewareClause = {
	title: "does not change the call it is given",
	async check(factory) {
		const input = Object.freeze(["input"]);
		const call = testCall({ input });
		const before = { ...call };
		const handler = factory()((given) => given.input[0]);
		must(
			same(await settledBy(() => handler(Object.freeze(call))), { value: "input" }),
			"work on a copy of the call: it is frozen",
		);
		const changed = (Object.keys(before) as (keyof typeof before)[]).find((key) => call[key] !== before[key]);
		must(changed === undefined, `leave ${String(changed)} of the call alone`);
	},
};

/** The clauses of the contract, in the order they are declared as tests. */
export const middlewareClauses: readonly MiddlewareClause[] = [
	passesResults,
	passesErrors,
	staysSynchronous,
	forwardsAborts,
	keepsCallsApart,
	composesOnce,
	emitsOnlyDocumented,
	leavesStreamsLazy,
	returnsStreams,
	keepsKinds,
	worksUnheard,
	survivesListeners,
	leavesCallAlone,
];
