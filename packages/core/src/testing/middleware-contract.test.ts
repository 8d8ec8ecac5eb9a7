import { describe, expect, it } from "vitest";
import {
	asyncLayer,
	attempts,
	type Call,
	layer,
	logging,
	type Middleware,
	markOutcome,
	observe,
	standardStack,
	tracing,
} from "../index.ts";
import { middlewareContract, recordingLogger } from "./index.ts";
import { middlewareClauses } from "./middleware-clauses.ts";

const twice = () =>
	asyncLayer({ name: "twice" }, (next) => {
		const attempt = attempts(next);
		return async (call) => {
			try {
				return await attempt(call);
			} catch (error) {
				if (!(error instanceof RangeError)) throw error;
				return await attempt({ ...call, attempt: 2 });
			}
		};
	});

const answersRangeErrors = () =>
	layer({ name: "answers-range-errors" }, (next) => (call) => {
		try {
			return next(call);
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			markOutcome(call, "fallback", error);
			return undefined;
		}
	});

const audited = () =>
	layer({ name: "audited" }, (next) => (call) => {
		call.emit("audit.written");
		return next(call);
	});

/** The members of a stack as one layer: what holds for each must hold for all together. */
const stacked = (): Middleware => {
	const stack = standardStack({ fallback: answersRangeErrors(), retry: twice() });
	return asyncLayer({ name: "stacked" }, (next) => stack.reduceRight((inner, middleware) => middleware(inner), next));
};

middlewareContract("observe", () => observe(), { describe, it });
middlewareContract("observe with a logger of its own", () => observe({ logger: recordingLogger() }), { describe, it });
middlewareContract("tracing", () => tracing({ attemptSpans: "always" }), { describe, it });
middlewareContract("logging", () => logging({ logger: recordingLogger() }), { describe, it });
middlewareContract("a layer that waits and counts attempts", twice, { describe, it });
middlewareContract("a layer that answers in the stage's place", answersRangeErrors, { describe, it });
middlewareContract("a standard stack", stacked, { describe, it });
middlewareContract("a layer with an event", audited, { describe, it, events: ["audit.written"] });

/** For each clause a layer that breaks it. */
const broken: Record<string, readonly (() => Middleware)[]> = {
	"passes results through": [
		() => (next) => async (call) => ({ ...((await next(call)) as object) }),
		() => (next) => (call) => next({ ...call, input: call.input.slice(0, 1) }),
	],
	"passes errors through, the same object": [
		() => (next) => async (call) => {
			try {
				return await next(call);
			} catch (error) {
				throw new Error("wrapped", { cause: error });
			}
		},
		() => (next) => async (call) => {
			try {
				return await next(call);
			} catch {
				return undefined;
			}
		},
	],
	"stays synchronous unless it waits": [
		() => (next) => async (call) => next(call),
		() => asyncLayer({ name: "not-waiting" }, (next) => (call) => next(call)),
	],
	"forwards the signal of the call": [
		() => (next) => (call) => next({ ...call, signal: undefined }),
		() => (next) => (call) => next({ ...call, signal: new AbortController().signal }),
	],
	"keeps concurrent calls apart": [
		() => (next) => {
			let last: unknown;
			return async (call) => {
				last = next(call);
				Promise.resolve(last).catch(() => {});
				await null;
				return last;
			};
		},
	],
	"composes without calling, and apart for every stage": [
		() => {
			let inner: ReturnType<Middleware> | undefined;
			return (next) => {
				inner = next;
				return (call) => inner?.(call);
			};
		},
		() => (next) => (call) => {
			next(call);
			return next(call);
		},
		() => (next) => {
			next({} as Call);
			return next;
		},
	],
	"emits only the events it documents": [audited],
	"leaves streams lazy": [() => (next) => (call) => readAhead(next(call) as AsyncIterable<unknown>)],
	"returns a stream when its consumer stops": [() => (next) => (call) => withoutReturn(next(call))],
	"keeps the kind of every result": [
		() => (next) => async (call) => next(call),
		() => (next) => (call) => {
			const result = next(call);
			return result instanceof ReadableStream ? result.values() : result;
		},
		() => (next) => (call) => {
			const result = next(call);
			return typeof (result as PromiseLike<unknown>)?.then === "function" ? Promise.resolve(result) : result;
		},
	],
	"works when nobody listens": [
		() => (next) => (call) => {
			if (call.definition.pipeline.logger === undefined) throw new Error("no logger");
			return next(call);
		},
	],
	"is not changed by listeners that fail": [
		() => (next) => (call) => {
			call.definition.pipeline.logger?.info({}, "called");
			return next(call);
		},
	],
	"does not change the call it is given": [
		() => (next) => (call) => {
			(call as { attempt: number }).attempt = 2;
			return next(call);
		},
	],
};

function readAhead(stream: AsyncIterable<unknown>): AsyncGenerator<unknown> {
	const iterator = stream[Symbol.asyncIterator]();
	let following = iterator.next();
	return (async function* () {
		for (let step = await following; !step.done; step = await following) {
			following = iterator.next();
			yield step.value;
		}
	})();
}

function withoutReturn(result: unknown): unknown {
	if (result instanceof Promise) return result.then(withoutReturn);
	const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]();
	return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

describe("a layer that breaks a clause is found out", () => {
	for (const { title, check } of middlewareClauses) {
		it(`that it ${title}`, async () => {
			const factories = broken[title] ?? [];
			expect(factories.length).toBeGreaterThan(0);
			for (const factory of factories) {
				await expect(check(factory, []), factory.toString()).rejects.toThrow("contract of middleware: a layer must");
			}
		});
	}
});
