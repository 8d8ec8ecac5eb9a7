import { describe, expect, test } from "vitest";
import { acceptsGzip, chooseFormat } from "./content-type.ts";

describe("chooseFormat", () => {
	test.each([
		[undefined, "text"],
		["", "text"],
		["*/*", "text"],
		["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text"],
		["application/json", "text"],
		["text/plain;version=0.0.4", "text"],
		["application/openmetrics-text", "openmetrics"],
		["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
		['Application/OpenMetrics-Text;version="1.0.0"', "openmetrics"],
		["application/openmetrics-text;version=0.0.1", "text"],
		["application/openmetrics-text;q=0.5,text/plain;q=0.6", "text"],
		["text/plain;q=0.5, application/openmetrics-text;q=0.6", "openmetrics"],
		["application/openmetrics-text;q=0", "text"],
		["application/openmetrics-text;q=nonsense", "text"],
		["application/*;q=0.9, text/*;q=0.1", "openmetrics"],
		// Prometheus 2.42 and 3.
		[
			"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
			"openmetrics",
		],
		[
			"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
			"openmetrics",
		],
		[
			"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.5",
			"text",
		],
	])("takes %j as a wish for %s", (accept, format) => {
		expect(chooseFormat(accept)).toBe(format);
	});
});

describe("acceptsGzip", () => {
	test.each([
		[undefined, false],
		["", false],
		["gzip", true],
		["br, GZIP;q=0.5", true],
		["gzip;q=0", false],
		["*", true],
		["gzip;q=0, *", false],
		["identity", false],
	])("takes %j as %j", (encoding, expected) => {
		expect(acceptsGzip(encoding)).toBe(expected);
	});
});
