import { context, propagation, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { continueTrace, extract, inject } from "./carrier.ts";
import { baggageAttributes } from "./processor/baggage-attributes.ts";

beforeAll(() => {
	context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
	const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
	propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
});
afterAll(() => {
	context.disable();
	propagation.disable();
});

const sent = {
	traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
	spanId: "00f067aa0ba902b7",
	traceFlags: TraceFlags.SAMPLED,
};
const traceparent = `00-${sent.traceId}-${sent.spanId}-01`;
const baggage = propagation.createBaggage({ "session.id": { value: "s 1" }, other: { value: "x" } });
const sending = propagation.setBaggage(trace.setSpanContext(ROOT_CONTEXT, sent), baggage);
const inTrace = <T>(run: () => T): T => context.with(sending, run);
const spanContextOf = (carrier: unknown) => trace.getSpanContext(extract(carrier));

describe("inject, then extract", () => {
	const carriers: Record<string, () => object> = {
		"a plain object": () => ({}),
		"an object without prototype": () => Object.create(null),
		Headers: () => new Headers(),
		"a Map": () => new Map(),
		URLSearchParams: () => new URLSearchParams(),
	};
	test.each(Object.entries(carriers))("%s", (_name, create) => {
		const carrier = create();
		expect(inTrace(() => inject(carrier))).toBe(carrier);
		const received = extract(carrier);
		expect(trace.getSpanContext(received)).toEqual({ ...sent, isRemote: true });
		expect(propagation.getBaggage(received)?.getEntry("session.id")?.value).toBe("s 1");
	});

	test("message attributes, by a setter and a getter", () => {
		const message: { attributes: { name: string; value: string }[] } = { attributes: [] };
		inTrace(() => inject(message, ({ attributes }, name, value) => attributes.push({ name, value })));
		expect(message.attributes.map(({ name }) => name)).toEqual(["traceparent", "baggage"]);
		const received = extract(message, {
			get: ({ attributes }, key) => attributes.find(({ name }) => name === key)?.value,
			keys: ({ attributes }) => attributes.map(({ name }) => name),
		});
		expect(trace.getSpanContext(received)?.spanId).toBe(sent.spanId);
	});

	test("headers as Node, Kafka and careless senders have them", () => {
		for (const carrier of [
			{ traceparent, "set-cookie": ["a", "b"] },
			{ traceparent: Buffer.from(traceparent) },
			{ Traceparent: traceparent },
			{ traceparent: [traceparent] },
			new Map([["TRACEPARENT", traceparent]]),
		]) {
			expect(spanContextOf(carrier)?.traceId).toBe(sent.traceId);
		}
	});
});

test("continueTrace runs inside the received trace, also past an await, and returns the result", async () => {
	const seen = await continueTrace({ traceparent }, async () => {
		await Promise.resolve();
		return trace.getSpanContext(context.active())?.traceId;
	});
	expect(seen).toBe(sent.traceId);
	expect(trace.getSpanContext(context.active())).toBeUndefined();
});

test("a carrier that cannot be read starts a new trace, one that cannot be written to stays; nothing throws", () => {
	const throwing = new Proxy(
		{},
		{
			get: () => {
				throw new Error("no");
			},
			set: () => {
				throw new Error("no");
			},
			ownKeys: () => {
				throw new Error("no");
			},
		},
	);
	const hostileGetter = {
		get traceparent(): string {
			throw new Error("no");
		},
	};
	for (const bad of [
		null,
		undefined,
		7,
		"text",
		[],
		() => {},
		throwing,
		hostileGetter,
		Object.freeze({}),
		new Date(),
		{ traceparent: "00-zz" },
		{ traceparent: {} },
	]) {
		expect(spanContextOf(bad)).toBeUndefined();
		expect(inTrace(() => inject(bad))).toBe(bad);
		expect(continueTrace(bad, () => 1)).toBe(1);
	}
	expect(
		trace.getSpanContext(
			extract(
				{},
				{
					get: () => {
						throw new Error("no");
					},
					keys: () => [],
				},
			),
		),
	).toBeUndefined();
});

test("nor does anything where the propagator itself lets errors through", () => {
	const failing = () => {
		throw new Error("no");
	};
	propagation.disable();
	propagation.setGlobalPropagator(new W3CTraceContextPropagator());
	const carrier = {};
	expect(extract(carrier, { get: failing, keys: () => [] })).toBe(ROOT_CONTEXT);
	expect(inTrace(() => inject(carrier, failing))).toBe(carrier);
});

describe("baggageAttributes", () => {
	test("puts allowed entries on spans, cut to a length, and no others", () => {
		const exporter = new InMemorySpanExporter();
		const spanProcessors = [
			baggageAttributes({ keys: ["session.id", "absent"], maxValueLength: 2 }),
			new SimpleSpanProcessor({ exporter }),
		];
		const tracer = new TracerProvider({ spanProcessors }).getTracer("t");
		inTrace(() => tracer.startSpan("inside").end());
		tracer.startSpan("outside", {}, ROOT_CONTEXT).end();
		expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([{ "session.id": "s " }, {}]);
	});

	test("refuses a list that is missing or empty", () => {
		expect(() => baggageAttributes({ keys: [] })).toThrow(
			"baggageAttributes: keys must be an array of at least one entry, got an array of 0",
		);
		expect(() => baggageAttributes({ keys: "a" } as never)).toThrow(
			"baggageAttributes: keys must be an array of strings",
		);
	});
});
