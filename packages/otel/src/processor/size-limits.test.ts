import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { keepsNested } from "./nested.fixture.ts";
import { redaction } from "./redaction.ts";
import { type SizeLimitsOptions, sizeLimits } from "./size-limits.ts";

function limited(options: SizeLimitsOptions) {
	const exporter = new InMemorySpanExporter();
	const limits = sizeLimits(options);
	const spanProcessors = [new SimpleSpanProcessor({ exporter }), redaction(), limits];
	const tracer = new TracerProvider({ spanProcessors }).getTracer("t");
	return { limits, span: tracer.startSpan("name"), ended: () => exporter.getFinishedSpans()[0] };
}

test("cuts a long value at a character, says by how much, and counts it", () => {
	const { limits, span, ended } = limited({ maxAttributeBytes: 10 });
	span.setAttributes({ short: "0123456789", long: "0123456789abc", accents: "ééééééé", emoji: "ab😀😀😀" });
	span.end();
	expect(ended()?.attributes).toEqual({
		short: "0123456789",
		long: "0123456789…[cut 3 bytes]",
		accents: "ééééé…[cut 4 bytes]",
		emoji: "ab😀😀…[cut 4 bytes]",
	});
	expect(limits.report()).toEqual({ truncatedValues: 3, droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0 });
});

test.runIf(keepsNested)("turns a nested value that is too large into cut JSON, and leaves a small one nested", () => {
	const { span, ended } = limited({ maxAttributeBytes: 12 });
	span.setAttributes({ small: { a: 1 }, large: { text: "0123456789" } });
	span.end();
	expect(ended()?.attributes).toEqual({ small: { a: 1 }, large: '{"text":"012…[cut 9 bytes]' });
});

test("keeps the first attributes, and the last events and links", () => {
	const { limits, span, ended } = limited({ maxAttributes: 2, maxEvents: 1, maxLinks: 1 });
	span.setAttributes({ a: 1, b: 2, c: 3 });
	for (const name of ["first", "last"]) span.addEvent(name, { a: 1, b: 2, c: 3 });
	for (const from of ["first", "last"]) span.addLink({ context: span.spanContext(), attributes: { from } });
	span.end();
	expect(ended()?.attributes).toEqual({ a: 1, b: 2 });
	expect(ended()?.events.map(({ name, attributes }) => [name, attributes])).toEqual([["last", { a: 1, b: 2 }]]);
	expect(ended()?.links.map(({ attributes }) => attributes)).toEqual([{ from: "last" }]);
	expect(limits.report()).toEqual({ truncatedValues: 0, droppedAttributes: 2, droppedEvents: 1, droppedLinks: 1 });
});

test("after redaction a cut cannot hide a secret from it", () => {
	const { span, ended } = limited({ maxAttributeBytes: 16 });
	span.setAttribute("text", "pass it: password=hunter2hunter2");
	span.end();
	expect(ended()?.attributes.text).not.toContain("hunter");
});

test("refuses limits that are no positive integers, and unknown ones", () => {
	expect(() => sizeLimits({ maxEvents: 0 })).toThrow("sizeLimits: maxEvents must be a positive integer, got 0");
	expect(() => sizeLimits({ maxBytes: 1 } as never)).toThrow('sizeLimits: unknown option "maxBytes"');
});
