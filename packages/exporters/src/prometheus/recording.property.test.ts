import type { Attributes } from "@opentelemetry/api";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { prometheusExporter } from "../prometheus.ts";
import { parseExposition, seriesName } from "./exposition.fixture.ts";

const bounds = [-5, 0, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000];
const keys = ["a", "b", "c"];

/** Few values of attributes, so that sets meet again; some of them look alike, and are written in another order. */
const attributes = fc
	.record({
		picked: fc.shuffledSubarray(keys),
		values: fc.array(fc.constantFrom("x", "y", "1", 1, true, "true", 2.5), { minLength: 3, maxLength: 3 }),
		frozen: fc.boolean(),
		shared: fc.boolean(),
	})
	.map(({ picked, values, ...rest }) => ({
		...rest,
		set: Object.fromEntries(picked.map((key, index) => [key, values[index]])),
	}));

const value = fc.oneof(
	fc.double({ min: -100, max: 2_000, noNaN: true }),
	fc.constantFrom(...bounds, Number.NaN, Number.POSITIVE_INFINITY, -0),
);

const command = fc.record({ kind: fc.constantFrom("counter", "up_down", "gauge", "histogram"), value, attributes });

/** Numbers of what was recorded, kept in the most simple way. */
class Reference {
	readonly values = new Map<string, number>();
	readonly #limit: number;
	readonly #sets = new Map<string, Set<string>>();
	dropped = 0;
	invalid = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	record(kind: string, value: number, set: Attributes): void {
		const grows = kind === "counter" || kind === "histogram";
		if (Number.isNaN(value) || (kind !== "gauge" && !Number.isFinite(value)) || (grows && value < 0)) {
			this.invalid++;
			return;
		}
		const labels = this.#labels(kind, Object.fromEntries(Object.entries(set).map(([key, one]) => [key, String(one)])));
		// A text knows no zero below zero.
		if (kind === "gauge") this.values.set(seriesName("g", labels), value + 0);
		else if (kind === "up_down") this.#add("u", labels, value);
		else if (kind === "counter") this.#add("n_total", labels, value);
		else {
			for (const bound of bounds) this.#add("h_bucket", { ...labels, le: String(bound) }, value <= bound ? 1 : 0);
			this.#add("h_bucket", { ...labels, le: "+Inf" }, 1);
			this.#add("h_count", labels, 1);
			this.#add("h_sum", labels, value);
		}
	}

	#labels(kind: string, labels: Record<string, string>): Record<string, string> {
		const known = this.#sets.get(kind) ?? new Set<string>();
		this.#sets.set(kind, known);
		const set = seriesName("", labels);
		if (known.has(set)) return labels;
		if (known.size < this.#limit - 1) {
			known.add(set);
			return labels;
		}
		this.dropped++;
		return { otel_metric_overflow: "true" };
	}

	#add(name: string, labels: Record<string, string>, value: number): void {
		const series = seriesName(name, labels);
		this.values.set(series, (this.values.get(series) ?? 0) + value);
	}
}

test("whatever is recorded in whatever order, every number is that of a simple reference", async () => {
	vi.spyOn(process, "emitWarning").mockImplementation(() => {});
	await fc.assert(
		fc.asyncProperty(
			fc.array(command, { maxLength: 150 }),
			fc.integer({ min: 2, max: 30 }),
			async (commands, limit) => {
				const exporter = prometheusExporter({ scopeLabels: false, cardinalityLimit: limit });
				const meter = exporter.meterProvider.getMeter("app");
				const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: bounds } });
				const counter = meter.createCounter("n");
				const upDown = meter.createUpDownCounter("u");
				const gauge = meter.createGauge("g");
				const reference = new Reference(limit);
				const shared = new Map<string, Attributes>();
				for (const { kind, value, attributes } of commands) {
					const name = JSON.stringify(attributes.set);
					let set: Attributes = { ...attributes.set };
					if (attributes.frozen && attributes.shared) set = shared.get(name) ?? Object.freeze(set);
					else if (attributes.frozen) Object.freeze(set);
					if (attributes.frozen && attributes.shared) shared.set(name, set);
					reference.record(kind, value, set);
					if (kind === "counter") counter.add(value, set);
					else if (kind === "up_down") upDown.add(value, set);
					else if (kind === "gauge") gauge.record(value, set);
					else histogram.record(value, set);
				}
				for (const accept of ["text/plain", "application/openmetrics-text"]) {
					const seen = new Map(parseExposition((await exporter.metrics(accept)).body).values);
					const drops = [...seen].filter(([name]) => name.startsWith("pipeline_telemetry_dropped"));
					for (const [name] of drops) seen.delete(name);
					expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(reference.values));
					expect(drops.map(([, value]) => value)).toEqual([reference.dropped, reference.invalid, 0]);
				}
			},
		),
		{ numRuns: 300 },
	);
}, 60_000);
