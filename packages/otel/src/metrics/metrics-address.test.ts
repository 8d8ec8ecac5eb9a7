import { describe, expect, test } from "vitest";
import { metricsAddress, wrongPort } from "./metrics-address.ts";

describe("OTEL_EXPORTER_PROMETHEUS_PORT", () => {
	test.each(["0", "80", " 9090 ", "65535"])("%j is a port, and wins", (given) => {
		const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: given };
		expect(metricsAddress({ port: 1 }, environment).port).toBe(Number(given));
		expect(wrongPort(environment)).toBeUndefined();
	});

	test.each(["0x10", "1e4", "+80", "-1", "80.0", "65536", "metrics"])("%j is none", (given) => {
		const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: given };
		expect(metricsAddress({ port: 1 }, environment).port).toBe(1);
		expect(wrongPort(environment)).toBe(given);
	});

	test.each(["", " ", undefined])("%j says nothing", (given) => {
		const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: given };
		expect(metricsAddress({}, environment).port).toBe(9_464);
		expect(wrongPort(environment)).toBeUndefined();
	});
});
