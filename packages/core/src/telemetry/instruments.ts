import type {
	Attributes,
	Counter,
	Histogram,
	Meter,
	MeterProvider,
	MetricOptions,
	Observable,
} from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { telemetryFailed, telemetryFailures } from "../telemetry-failure.ts";
import { version } from "../version.ts";
import { bucketBounds, type MetricDefinition, type MetricOf, metricCatalogue } from "./metric.ts";

type ObservableName = MetricOf<"observable_counter" | "observable_up_down_counter" | "observable_gauge">;

/** Gives the values of an observable metric when somebody collects. */
export type Observe = (report: (value: number, attributes: Attributes) => void) => void;

/** The instruments of one meter, each made from the catalogue when it is first asked for, and made once. */
export class Instruments {
	readonly #meter: Meter;
	readonly #made = new Map<string, unknown>();

	constructor(meter: Meter) {
		this.#meter = meter;
	}

	add(name: MetricOf<"counter">, amount: number, attributes: Attributes): void {
		try {
			this.#make(name, (options): Counter => this.#meter.createCounter(name, options)).add(amount, attributes);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
	}

	histogram(name: MetricOf<"histogram">): Histogram {
		return this.#make(name, (options) => this.#meter.createHistogram(name, options));
	}

	/** Gives the metric's values each time they are collected; several may give values of one metric. */
	observe(name: ObservableName, observe: Observe): void {
		const observable = this.#make(name, (options): Observable => {
			switch (metricCatalogue[name].instrument) {
				case "observable_counter":
					return this.#meter.createObservableCounter(name, options);
				case "observable_gauge":
					return this.#meter.createObservableGauge(name, options);
				default:
					return this.#meter.createObservableUpDownCounter(name, options);
			}
		});
		observable.addCallback((result) => observe((value, attributes) => result.observe(value, attributes)));
	}

	/** Counts an item of telemetry that was given up. */
	dropped(signal: "metrics", reason: "cardinality", items = 1): void {
		this.add("pipeline.telemetry.dropped", items, {
			"pipeline.telemetry.signal": signal,
			"pipeline.telemetry.reason": reason,
		});
	}

	#make<T>(name: MetricOf<MetricDefinition["instrument"]>, create: (options: MetricOptions) => T): T {
		const made = this.#made.get(name) as T | undefined;
		if (made !== undefined) return made;
		const { unit, description, buckets }: MetricDefinition = metricCatalogue[name];
		const created = create({
			unit,
			description,
			...(buckets !== undefined && { advice: { explicitBucketBoundaries: [...bucketBounds[buckets]] } }),
		});
		this.#made.set(name, created);
		return created;
	}
}

const instrumentsOf = new WeakMap<MeterProvider, Instruments>();
/** What the API gives while no provider is registered; known, it costs a comparison for each call. */
let unregistered: MeterProvider | undefined;

/** The instruments of a provider, the registered one where none is given; undefined while there is none. */
export function findInstruments(given: MeterProvider | undefined): Instruments | undefined {
	const provider = given ?? api.metrics.getMeterProvider();
	if (provider === unregistered) return undefined;
	const known = instrumentsOf.get(provider);
	if (known !== undefined) return known;
	try {
		const meter = provider.getMeter("@footlight/core", version);
		// Instruments made on the API's own meter would stay deaf for ever.
		if (meter === api.createNoopMeter()) {
			if (given === undefined) unregistered = provider;
			return undefined;
		}
		const instruments = new Instruments(meter);
		watchTelemetry(instruments);
		instrumentsOf.set(provider, instruments);
		return instruments;
	} catch (error) {
		telemetryFailed("meter provider", error);
		return undefined;
	}
}

/** Telemetry about telemetry: what was given up, and what failed. */
function watchTelemetry(instruments: Instruments): void {
	instruments.dropped("metrics", "cardinality", 0);
	instruments.observe("pipeline.telemetry.failures", (report) => {
		for (const [part, failures] of telemetryFailures()) report(failures, { "pipeline.telemetry.part": part });
	});
}
