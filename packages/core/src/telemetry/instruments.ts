import type {
	Attributes,
	Context,
	Counter,
	Histogram,
	Meter,
	MeterProvider,
	MetricOptions,
	Observable,
} from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { countRejection } from "../deliver.ts";
import { telemetryFailed, telemetryFailures } from "../telemetry-failure.ts";
import { version } from "../version.ts";
import { bucketBounds, type MetricDefinition, type MetricName, type MetricOf, metricCatalogue } from "./metric.ts";

/** What was given up, and why. */
type Drop =
	| readonly [signal: "metrics", reason: "cardinality", items?: number]
	| readonly [signal: "traces", reason: "sampling" | "sampling_early", items?: number];

type Instrument = Counter | Histogram | Observable;
type ObservableName = MetricOf<"observable_counter" | "observable_up_down_counter" | "observable_gauge">;

/** Gives the values of an observable metric when somebody collects. */
export type Observe = (report: (value: number, attributes: Attributes) => void) => void;

/** The instruments of one meter, each made from the catalogue when it is first asked for, and made once. */
export class Instruments {
	readonly #meter: Meter;
	readonly #made = new Map<MetricName, Instrument>();

	constructor(meter: Meter) {
		this.#meter = meter;
	}

	add(name: MetricOf<"counter">, amount: number, attributes: Attributes): void {
		try {
			countRejection("metrics", this.#get<Counter>(name).add(amount, attributes));
		} catch (error) {
			telemetryFailed("metrics", error);
		}
	}

	record(name: MetricOf<"histogram">, value: number, attributes: Attributes | undefined, context?: Context): void {
		try {
			countRejection("metrics", this.#get<Histogram>(name).record(value, attributes, context));
		} catch (error) {
			telemetryFailed("metrics", error);
		}
	}

	/** Gives the metric's values each time they are collected; several may give values of one metric. */
	observe(name: ObservableName, observe: Observe): void {
		try {
			const observable = this.#get<Observable>(name);
			const added: unknown = observable.addCallback((result) =>
				observe((value, attributes) => result.observe(value, attributes)),
			);
			countRejection("metrics", added);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
	}

	/** Counts an item of telemetry that was given up. */
	dropped(...[signal, reason, items = 1]: Drop): void {
		this.add("pipeline.telemetry.dropped", items, {
			"pipeline.telemetry.signal": signal,
			"pipeline.telemetry.reason": reason,
		});
	}

	#get<T extends Instrument>(name: MetricName): T {
		return (this.#made.get(name) ?? this.#make(name)) as T;
	}

	#make(name: MetricName): Instrument {
		const { unit, description, buckets }: MetricDefinition = metricCatalogue[name];
		const made = create(this.#meter, name, {
			unit,
			description,
			...(buckets !== undefined && { advice: { explicitBucketBoundaries: [...bucketBounds[buckets]] } }),
		});
		this.#made.set(name, made);
		return made;
	}
}

function create(meter: Meter, name: MetricName, options: MetricOptions): Instrument {
	switch (metricCatalogue[name].instrument) {
		case "counter":
			return meter.createCounter(name, options);
		case "histogram":
			return meter.createHistogram(name, options);
		case "observable_counter":
			return meter.createObservableCounter(name, options);
		case "observable_gauge":
			return meter.createObservableGauge(name, options);
		case "observable_up_down_counter":
			return meter.createObservableUpDownCounter(name, options);
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

/** Telemetry about telemetry: who records, what was given up, and what failed. */
function watchTelemetry(instruments: Instruments): void {
	instruments.observe("pipeline.sdk.info", (report) => report(1, { "pipeline.sdk.version": version }));
	instruments.dropped("metrics", "cardinality", 0);
	instruments.observe("pipeline.telemetry.failures", (report) => {
		for (const [part, failures] of telemetryFailures()) report(failures, { "pipeline.telemetry.part": part });
	});
}
