import { expect, test } from "vitest";
import { logsOfSpan, metricsOfSpan, traceOfLine } from "./grafana-links.ts";
import type { JaegerSpan } from "./jaeger-api.ts";
import type { LokiLine } from "./loki-api.ts";

const span: JaegerSpan = {
	...{ traceId: "4bf9", spanId: "00f0", parentId: undefined, linkedIds: [], events: [], name: "docs-qa" },
	...{ startMs: 600_000, durationMs: 1_500, service: "docs-qa" },
	tags: { "pipeline.name": "docs-qa" },
	resource: { "host.name": "vm" },
};
const line: LokiLine = {
	...{ timeNs: "1", text: "see trace=beef", labels: { service_name: "docs-qa" } },
	metadata: { span_id: "00f0", trace_id: "4bf9" },
};
const link = { spanStartTimeShift: "-1m", spanEndTimeShift: "30s" };

test("asks for the lines of a span's trace, around the time of the span", () => {
	const { query, ...range } = logsOfSpan(span, { ...link, query: '{a="b"} | trace_id="$${__trace.traceId}"' });
	expect(query).toBe('{a="b"} | trace_id="4bf9"');
	expect(range).toEqual({ fromMs: 540_000, toMs: 631_500 });
});

test("knows the tags that Jaeger lists, the name of the service not among them", () => {
	const tags = [{ key: "service.name", value: "service_name" }, { key: "host.name", value: "host" }, { key: "name" }];
	expect(logsOfSpan(span, { ...link, tags, query: "{$${__tags}}" }).query).toBe('{host="vm", name="docs-qa"}');
	expect(logsOfSpan(span, { ...link, tags: tags.slice(0, 1), query: "{$${__tags}}" }).query).toBe("{}");
});

test("refuses a variable that Grafana does not have", () => {
	expect(() => logsOfSpan(span, { ...link, query: "$${__span.service}" })).toThrow("no variable $");
});

test("asks for the metrics of a span by the tags that it has", () => {
	const tags = [{ key: "pipeline.name", value: "pipeline_name" }, { key: "stage.name" }, { key: "spanId" }];
	const queries = [{ name: "Calls", query: "rate(calls{$$__tags}[$$__rate_interval])" }];
	expect(metricsOfSpan(span, { ...link, tags, queries })).toEqual([
		...[
			{
				name: "Calls",
				query: 'rate(calls{pipeline_name="docs-qa"}[$__rate_interval])',
				fromMs: 540_000,
				toMs: 631_500,
			},
		],
	]);
});

test("leads from a line to the first label whose name matches, or to what its text says", () => {
	const url = "$${__value.raw}";
	expect(traceOfLine(line, { matcherType: "label", matcherRegex: "trace_id", url })).toBe("4bf9");
	const other = { ...line, metadata: { ...line.metadata, parent_trace_id: "aaaa" } };
	expect(traceOfLine(other, { matcherType: "label", matcherRegex: "trace_id", url })).toBe("aaaa");
	expect(traceOfLine(line, { matcherType: "label", matcherRegex: "traceID", url })).toBeUndefined();
	expect(traceOfLine(line, { matcherRegex: "trace=(\\w+)", url })).toBe("beef");
});

test("is by default what the provisioned data sources say", () => {
	expect(logsOfSpan(span).query).toContain('trace_id="4bf9"');
	expect(traceOfLine(line)).toBe("4bf9");
});
