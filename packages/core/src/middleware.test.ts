import { beforeEach, describe, expect, it } from "vitest";
import { asyncLayer, callKey, compose, describeLayer, footlight, layer, type Middleware, observe } from "./index.ts";
import { registerSdk } from "./sdk.fixture.ts";
import { testCall } from "./testing/index.ts";

const recorded = registerSdk();
beforeEach(() => recorded.reset());

function noting(log: string[], name: string): Middleware {
	return (next) => (call) => {
		log.push(`> ${name}`);
		const result = next(call);
		log.push(`< ${name}`);
		return result;
	};
}

describe("compose", () => {
	it("puts the first listed outermost, and sorts nothing", () => {
		const log: string[] = [];
		const handler = compose(
			["c", "a", "b"].map((name) => noting(log, name)),
			() => log.push("handler"),
		);
		expect(log).toEqual([]);
		handler(testCall());
		expect(log).toEqual(["> c", "> a", "> b", "handler", "< b", "< a", "< c"]);
	});

	it("gives the handler itself where there is no layer", () => {
		const handler = () => 1;
		expect(compose([], handler)).toBe(handler);
	});

	it("refuses a layer that gives no handler, by its name", () => {
		function broken(): never {
			return undefined as never;
		}
		const expected = new TypeError("middleware broken must return a handler (call) => result");
		expect(() => compose([broken], () => 1)).toThrow(expected);
		expect(() => footlight("docs-qa").stage("ask", () => 1, { use: [broken] })).toThrow(expected);
	});
});

describe("layers of a stage", () => {
	it("run inside those of the pipeline, once for each call", () => {
		const log: string[] = [];
		let composed = 0;
		const counting: Middleware = (next) => {
			composed++;
			return next;
		};
		const light = footlight("docs-qa", { use: [noting(log, "pipeline"), observe(), counting] });
		const ask = light.stage("ask", () => log.push("ask"), { use: [noting(log, "stage")] });
		expect(composed).toBe(1);
		ask();
		ask();
		expect(composed).toBe(1);
		expect(log.slice(0, 5)).toEqual(["> pipeline", "> stage", "ask", "< stage", "< pipeline"]);
		expect(recorded.spans()).toHaveLength(2);
	});

	it("stand around a run only where they observe", () => {
		const log: string[] = [];
		const light = footlight("docs-qa", { use: [observe(), noting(log, "pipeline")] });
		light.run(() => 1);
		expect(log).toEqual([]);
		expect(recorded.spans().map((span) => span.name)).toEqual(["docs-qa"]);
	});

	it("may change the call: input, receiver and signal reach the function", () => {
		const { signal } = new AbortController();
		const receiver = { name: "receiver" };
		const changing: Middleware = (next) => (call) => next({ ...call, input: [2], receiver, signal });
		const light = footlight("docs-qa");
		const ask = light.stage(
			"ask",
			function (this: unknown, given: number) {
				return [given, this, light.current().signal];
			},
			{ use: [changing] },
		);
		expect(ask(1)).toEqual([2, receiver, signal]);
	});

	it("may answer without calling further in, and the span says ok", () => {
		const caching: Middleware = () => () => "cached";
		const light = footlight("docs-qa");
		const ask = light.stage("ask", (): string => expect.unreachable(), { use: [caching] });
		expect(ask()).toBe("cached");
		expect(recorded.span("ask").attributes.outcome).toBe("ok");
	});

	it("that refuse are recorded: observability stands outside", async () => {
		const refusing: Middleware = () => () => {
			throw new Error("refused");
		};
		expect(() => footlight("docs-qa").stage("ask", () => 1, { use: [refusing] })()).toThrow("refused");
		expect(recorded.span("ask").attributes.outcome).toBe("error");
	});

	it("that wait make the stage a promise, in type and in fact", async () => {
		const waiting = asyncLayer({ name: "waiting" }, (next) => async (call) => next(call));
		const ask = footlight("docs-qa").stage("ask", (given: number) => given, { use: [waiting] });
		const answer: Promise<number> = ask(5);
		expect(answer).toBeInstanceOf(Promise);
		expect(await answer).toBe(5);
	});

	it("may call in parallel, and share nothing but what they are given", async () => {
		const both: Middleware = (next) => async (call) =>
			Promise.all([next({ ...call, input: ["a"] }), next({ ...call, input: ["b"] })]);
		const light = footlight("docs-qa");
		const load = light.stage("load", async (given: string) => given);
		const ask = light.stage("ask", async (given: string) => load(given), { use: [both] });
		expect(await ask("x")).toEqual(["a", "b"]);
		const askId = recorded.span("ask").spanContext().spanId;
		expect(recorded.spans().filter((span) => span.parentSpanContext?.spanId === askId)).toHaveLength(2);
	});
});

describe("values on a call", () => {
	it("travel inwards and stay with their own call", async () => {
		const tenant = callKey("tenant", "public");
		const seen: string[] = [];
		const setting: Middleware = (next) => (call) =>
			next({ ...call, values: call.values.set(tenant, String(call.input[0])) });
		const reading: Middleware = (next) => async (call) => {
			await null;
			seen.push(call.values.get(tenant));
			return next(call);
		};
		const light = footlight("docs-qa");
		const ask = light.stage("ask", async (_: string) => 1, { use: [reading, setting, reading] });
		await Promise.all(["a", "b"].map((name) => ask(name)));
		expect(seen.sort()).toEqual(["a", "b", "public", "public"]);
	});

	it("are told apart by their key, not its description, and may be undefined", () => {
		const [one, two] = [callKey<string | undefined>("same", "one"), callKey("same", "two")];
		const { values } = testCall();
		const changed = values.set(one, undefined);
		expect([values.get(one), changed.get(one), changed.get(two)]).toEqual(["one", undefined, "two"]);
		expect(changed.set(one, "again").get(one)).toBe("again");
	});
});

describe("describeLayer", () => {
	it("knows what a layer says of itself", () => {
		const audit = layer({ name: "audit", options: { depth: 2 } }, (next) => next);
		expect(describeLayer(audit)).toEqual({ name: "audit", options: { depth: 2 }, waits: false, observes: false });
		expect(describeLayer(asyncLayer({ name: "wait" }, (next) => next))).toMatchObject({ name: "wait", waits: true });
		expect(describeLayer(observe())).toMatchObject({ name: "observe", observes: true, waits: false });
	});

	it("knows a plain function by its name", () => {
		const plain: Middleware = (next) => next;
		expect(describeLayer(plain)).toEqual({ name: "plain", options: {}, waits: false, observes: false });
		expect(describeLayer(Object.assign(((next) => next) as Middleware, { waits: true })).waits).toBe(true);
		expect(
			describeLayer(
				(
					(): Middleware => (next) =>
						next
				)(),
			).name,
		).toBe("anonymous");
	});
});
