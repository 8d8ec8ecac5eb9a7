// Over 250 lines: one row for each refusal.
import { describe, expect, it } from "vitest";
import { footlight, logging, observe, standardStack, tracing } from "./index.ts";

// biome-ignore lint/suspicious/noExplicitAny: what is refused here, types refuse too
type Any = any;

const light = footlight("docs-qa");
const fn = () => 1;
const fail = () => {
	throw new Error("trap");
};
const longName = "x".repeat(201);
const shown = `"${"x".repeat(60)}…"`;

const refusals: readonly (readonly [string, () => unknown, Error])[] = [
	["an empty name", () => footlight(""), new RangeError('footlight: name must be a name that is not empty, got ""')],
	["a blank name", () => footlight("  "), new RangeError('footlight: name must be a name that is not empty, got "  "')],
	["a name that is no string", () => footlight(5 as Any), new TypeError("footlight: name must be a string, got 5")],
	[
		"a name that is missing",
		() => footlight(undefined as Any),
		new TypeError("footlight: name must be a string, got undefined"),
	],
	[
		"a name over 200 characters",
		() => footlight(longName),
		new RangeError(`footlight: name must be at most 200 characters (it has 201), got ${shown}`),
	],
	[
		"options that are no object",
		() => footlight("a", "b" as Any),
		new TypeError('footlight: options must be an object, got "b"'),
	],
	[
		"options that are null",
		() => footlight("a", null as Any),
		new TypeError("footlight: options must be an object, got null"),
	],
	[
		"options that are a list",
		() => footlight("a", [1] as Any),
		new TypeError("footlight: options must be an object, got an array of 1"),
	],
	[
		"an option nobody knows",
		() => footlight("a", { loger: console } as Any),
		new TypeError(
			'footlight: unknown option "loger"; known options are use, logger, sinks, capture, tracerProvider, meterProvider, clock, prices, onCharge',
		),
	],
	[
		"a list of layers that is none",
		() => footlight("a", { use: fn as Any }),
		new TypeError("footlight: use must be an array of middleware, got function fn"),
	],
	[
		"a layer that is none",
		() => footlight("a", { use: [observe(), "retry" as Any] }),
		new TypeError('footlight: use[1] must be a middleware (a function of next), got "retry"'),
	],
	[
		"a logger that lacks a level",
		() => footlight("a", { logger: { info() {}, debug() {} } as Any }),
		new TypeError("footlight: logger must be a pino-shaped logger, but has no method warn(fields, message)"),
	],
	[
		"a logger that is null",
		() => footlight("a", { logger: null as Any }),
		new TypeError("footlight: logger must be a pino-shaped logger, but has no method debug(fields, message)"),
	],
	[
		"sinks that are no list",
		() => footlight("a", { sinks: {} as Any }),
		new TypeError("footlight: sinks must be an array, got an object"),
	],
	[
		"a sink that is none",
		() => footlight("a", { sinks: [new Map()] as Any }),
		new TypeError("footlight: sinks[0] must have a method tryEmit, got an instance of Map"),
	],
	[
		"a tracer provider that is none",
		() => footlight("a", { tracerProvider: Symbol("x") as Any }),
		new TypeError("footlight: tracerProvider must have a method getTracer, got Symbol(x)"),
	],
	[
		"a clock that is none",
		() => footlight("a", { clock: {} as Any }),
		new TypeError("footlight: clock must have a method now, got an object"),
	],
	[
		"a clock that is null",
		() => footlight("a", { clock: null as Any }),
		new TypeError("footlight: clock must have a method now, got null"),
	],
	[
		"an option of capture nobody knows",
		() => footlight("a", { capture: { inputs: true } as Any }),
		new TypeError('footlight: capture: unknown option "inputs"; known options are input, output, maxBytes, redact'),
	],
	[
		"a capture of the wrong type",
		() => footlight("a", { capture: { input: "yes" as Any } }),
		new TypeError('footlight: capture: input must be true or false, got "yes"'),
	],
	[
		"a negative size",
		() => footlight("a", { capture: { maxBytes: -1 } }),
		new RangeError("footlight: capture: maxBytes must be a positive integer, got -1"),
	],
	[
		"a size that is no integer",
		() => footlight("a", { capture: { maxBytes: 1.5 } }),
		new RangeError("footlight: capture: maxBytes must be a positive integer, got 1.5"),
	],
	[
		"a size that is a BigInt",
		() => footlight("a", { capture: { maxBytes: 5n as Any } }),
		new TypeError("footlight: capture: maxBytes must be a positive integer, got 5n"),
	],
	[
		"a redactor that is none",
		() => footlight("a", { capture: { redact: /secret/ as Any } }),
		new TypeError("footlight: capture: redact must be a function, got an instance of RegExp"),
	],
	[
		"a stage that wraps no function",
		() => light.stage("a", 5 as Any),
		new TypeError("stage: fn must be a function, got 5"),
	],
	[
		"a stage that wraps a class",
		() => light.stage("a", class Loader {} as Any),
		new TypeError("stage: fn is the class Loader; use light.instrument(Loader) for its methods"),
	],
	[
		"a stage without a name",
		() => light.stage("", fn),
		new RangeError('stage: name must be a name that is not empty, got ""'),
	],
	[
		"a stage whose name is too long",
		() => light.stage(longName, fn),
		new RangeError(`stage: name must be at most 200 characters (it has 201), got ${shown}`),
	],
	[
		"a kind nobody knows",
		() => light.stage("a", fn, { kind: "modle" as Any }),
		new RangeError('stage: kind must be one of stage, model, tool, agent, retrieval, rpc, job, got "modle"'),
	],
	[
		"a run as a stage",
		() => light.stage("a", fn, { kind: "run" as Any }),
		new RangeError('stage: kind must be one of stage, model, tool, agent, retrieval, rpc, job, got "run"'),
	],
	[
		"a stage's option nobody knows",
		() => light.stage("a", fn, { retries: 3 } as Any),
		new TypeError('stage: unknown option "retries"; known options are kind, use, provider, usage'),
	],
	[
		"a stage's layer that is none",
		() => light.stage("a", fn, { use: [{}] as Any }),
		new TypeError("stage: use[0] must be a middleware (a function of next), got an object"),
	],
	[
		"a provider that is none",
		() => light.stage("a", fn, { provider: "" }),
		new RangeError('stage: provider must be a name that is not empty, got ""'),
	],
	[
		"a target that cannot be instrumented",
		() => light.instrument(5 as Any),
		new TypeError("instrument: target must be an object, a class or an array of functions, got 5"),
	],
	[
		"an instrument option nobody knows",
		() => light.instrument({ fn }, { method: [] } as Any),
		new TypeError('instrument: unknown option "method"; known options are kind, methods, prefix, provider, usage'),
	],
	[
		"an empty list of methods",
		() => light.instrument({ fn }, { methods: [] }),
		new TypeError('instrument: methods must be a list of paths such as "chat.completions.create", got an array of 0'),
	],
	[
		"an instrument kind nobody knows",
		() => light.instrument({ fn }, { kind: 5 as Any }),
		new TypeError("instrument: kind must be one of stage, model, tool, agent, retrieval, rpc, job, got 5"),
	],
	[
		"an empty prefix",
		() => light.instrument({ fn }, { prefix: "" }),
		new RangeError('instrument: prefix must be a name that is not empty, got ""'),
	],
	[
		"a method option nobody knows",
		() => light.method({ nmae: "a" } as Any),
		new TypeError('method: unknown option "nmae"; known options are kind, use, provider, usage'),
	],
	["a run of no function", () => light.run({}, 5 as Any), new TypeError("run: fn must be a function, got 5")],
	[
		"a run's option nobody knows",
		() => light.run({ user: "x" } as Any, fn),
		new TypeError(
			'run: unknown option "user"; known options are runId, requestId, sessionId, userId, organizationId, executionMode, topology, extra, root, signal',
		),
	],
	[
		"a root that is no boolean",
		() => light.run({ root: 1 as Any }, fn),
		new TypeError("run: root must be true or false, got 1"),
	],
	[
		"a signal that is none",
		() => light.run({ signal: {} as Any }, fn),
		new TypeError("run: signal must be an AbortSignal, got an object"),
	],
	[
		"a further id without a dot",
		() => light.run({ extra: { tenant: "a" } }, fn),
		new RangeError('run: extra.tenant must have a dot in its name, such as "app.tenant"'),
	],
	[
		"a further id under a name of Footlight's own",
		() => light.run({ extra: { "pipeline.run.id": "mine" } }, fn),
		new RangeError("run: extra.pipeline.run.id is a name Footlight itself uses; choose another"),
	],
	[
		"further ids that are no object",
		() => light.run({ extra: "app.tenant" as Any }, fn),
		new TypeError('run: extra must be an object, got "app.tenant"'),
	],
	[
		"a run whose identifiers cannot be read",
		() => light.run({ extra: new Proxy({}, { ownKeys: fail }) }, fn),
		new TypeError("run: extra could not be read"),
	],
	[
		"a run with an identifier that cannot be read",
		() => light.run({ extra: Object.defineProperty({}, "app.a", { get: fail, enumerable: true }) }, fn),
		new TypeError("run: extra could not be read"),
	],
	[
		"an observe option nobody knows",
		() => observe({ sampleRatio: 1 } as Any),
		new TypeError(
			'observe: unknown option "sampleRatio"; known options are attemptSpans, logger, startLevel, levels, successSampleRatio',
		),
	],
	[
		"a ratio above 1",
		() => observe({ successSampleRatio: 1.1 }),
		new RangeError("observe: successSampleRatio must be a number from 0 to 1, got 1.1"),
	],
	[
		"a ratio that is no number",
		() => logging({ successSampleRatio: Number.NaN }),
		new RangeError("logging: successSampleRatio must be a number from 0 to 1, got NaN"),
	],
	[
		"a level nobody knows",
		() => logging({ startLevel: "trace" as Any }),
		new RangeError('logging: startLevel must be one of debug, info, warn, error, got "trace"'),
	],
	[
		"an outcome's level nobody knows",
		() => logging({ levels: { ok: "loud" as Any } }),
		new RangeError('logging: levels.ok must be one of debug, info, warn, error, got "loud"'),
	],
	[
		"a level of an outcome nobody knows",
		() => logging({ levels: { done: "info" } as Any }),
		new TypeError(
			'logging: levels: unknown option "done"; known options are ok, skipped, fallback, interrupted, cancelled, timeout, rejected, error',
		),
	],
	[
		"a tracing option nobody knows",
		() => tracing({ attempts: true } as Any),
		new TypeError('tracing: unknown option "attempts"; known options are attemptSpans'),
	],
	[
		"attempt spans of another kind",
		() => tracing({ attemptSpans: "never" as Any }),
		new RangeError('tracing: attemptSpans must be one of retried, always, got "never"'),
	],
	[
		"a place in the stack nobody knows",
		() => standardStack({ breaker: fn } as Any),
		new TypeError(
			'standardStack: unknown option "breaker"; known options are auth, featureFlag, rateLimit, cache, fallback, circuitBreaker, retry, timeout',
		),
	],
	[
		"a stack's layer that is none",
		() => standardStack({ retry: { maxAttempts: 3 } as Any }),
		new TypeError("standardStack: retry must be a middleware (a function of next), got an object"),
	],
	[
		"a list in a place of the stack",
		() => standardStack({ auth: [() => fn] as Any }),
		new TypeError("standardStack: auth must be a middleware (a function of next), got an array of 1"),
	],
];

describe("options are refused in one wording", () => {
	it.each(refusals)("%s", (_, attempt, expected) => {
		let thrown: unknown;
		try {
			attempt();
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toBeInstanceOf(expected.constructor);
		expect((thrown as Error).message).toBe(expected.message);
	});

	it("says which option cannot be read, and keeps why", () => {
		const cause = new Error("boom");
		const options = {
			get kind(): never {
				throw cause;
			},
		};
		expect(() => light.stage("a", fn, options as Any)).toThrow(
			expect.objectContaining({ message: "stage: kind could not be read", cause }),
		);
	});

	it("refuses a Proxy that cannot be read, and takes one that can", () => {
		const cause = new Error("boom");
		const closed = new Proxy(
			{},
			{
				ownKeys() {
					throw cause;
				},
			},
		);
		expect(() => observe(closed)).toThrow(
			expect.objectContaining({ name: "TypeError", message: "observe: options could not be read", cause }),
		);
		expect(observe(new Proxy({ successSampleRatio: 0.5 }, {}))).toBeTypeOf("function");
	});

	it("shows values that fight being shown", () => {
		const revoked = Proxy.revocable({}, {});
		revoked.revoke();
		const hostile = new Proxy(fn, {
			get() {
				throw new Error("boom");
			},
		});
		class Misnamed {
			static readonly name = Symbol("x") as Any;
			readonly member = 1;
		}
		expect(() => light.stage(revoked.proxy as Any, fn)).toThrow("stage: name must be a string, got an object");
		expect(() => light.stage(hostile as Any, fn)).toThrow("stage: name must be a string, got a function");
		expect(() => light.stage(new Misnamed() as Any, fn)).toThrow("stage: name must be a string, got an object");
		expect(() => light.stage(Misnamed as Any, fn)).toThrow("stage: name must be a string, got a function");
	});

	it("takes every option it knows", () => {
		const silent = () => {};
		const logger = { debug: silent, info: silent, warn: silent, error: silent };
		footlight("x".repeat(200), {
			use: [],
			logger,
			sinks: [],
			capture: { input: true, output: true, maxBytes: 1, redact: String },
		});
		observe({ attemptSpans: "always", logger, startLevel: "info", levels: { ok: "debug" }, successSampleRatio: 0 });
		light.stage("a", fn, { kind: "tool", use: [], provider: "openai" });
		expect(
			light.run(
				{ runId: "1", extra: { "app.tenant": "a" }, root: false, signal: new AbortController().signal },
				() => 5,
			),
		).toBe(5);
	});

	it("takes undefined for a run without options", () => {
		expect(light.run(undefined as Any, () => 5)).toBe(5);
	});

	it("takes undefined and null for an id that is absent", () => {
		expect(light.run({ userId: undefined as Any, sessionId: null as Any }, () => 5)).toBe(5);
	});
});
