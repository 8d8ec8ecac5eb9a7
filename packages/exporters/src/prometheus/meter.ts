import { telemetryFailed } from "@footlight/core";
import * as api from "@opentelemetry/api";
import { checkBuckets, defaultBuckets } from "./bucket.ts";
import type { Collector } from "./collector.ts";
import type { FamilyTable, StreamDescriptor } from "./family-table.ts";
import {
	CounterInstrument,
	GaugeInstrument,
	HistogramInstrument,
	type InstrumentOptions,
	type Recording,
	UpDownCounterInstrument,
} from "./instrument.ts";
import type { Labels } from "./labels.ts";
import type { NamedKind } from "./metric-name.ts";
import { ObservableInstrument } from "./observable-instrument.ts";
import type { FindView } from "./view.ts";

/** What the meters of one exporter share. */
export interface MeterContext {
	readonly families: FamilyTable;
	readonly collector: Collector;
	readonly recording: Recording;
	readonly findView: FindView;
	readonly limit: number;
}

type ObservableName = "observable_counter" | "observable_up_down_counter" | "observable_gauge";

const nameOfKind = {
	counter: "monotonic_sum",
	up_down_counter: "sum",
	gauge: "gauge",
	histogram: "histogram",
	observable_counter: "monotonic_sum",
	observable_up_down_counter: "sum",
	observable_gauge: "gauge",
} as const satisfies Record<string, NamedKind>;

const deaf: api.Meter = api.createNoopMeter();

/** Makes the instruments of one scope. None of it throws: an instrument that cannot be made records nothing. */
export class PrometheusMeter implements api.Meter {
	readonly #context: MeterContext;
	readonly #scope: Labels;
	readonly #made = new Map<string, unknown>();

	constructor(context: MeterContext, scope: Labels) {
		this.#context = context;
		this.#scope = scope;
	}

	createCounter(name: string, options?: api.MetricOptions): api.Counter {
		return this.#make("counter", name, options, deaf.createCounter(""), (descriptor, shared) => {
			return new CounterInstrument(this.#context.families.numbers(descriptor), shared);
		});
	}

	createUpDownCounter(name: string, options?: api.MetricOptions): api.UpDownCounter {
		return this.#make("up_down_counter", name, options, deaf.createUpDownCounter(""), (descriptor, shared) => {
			return new UpDownCounterInstrument(this.#context.families.numbers(descriptor), shared);
		});
	}

	createGauge(name: string, options?: api.MetricOptions): api.Gauge {
		return this.#make("gauge", name, options, deaf.createGauge(""), (descriptor, shared) => {
			return new GaugeInstrument(this.#context.families.numbers(descriptor), shared);
		});
	}

	createHistogram(name: string, options?: api.MetricOptions): api.Histogram {
		return this.#make("histogram", name, options, deaf.createHistogram(""), (descriptor, shared) => {
			const stream = this.#context.families.histograms(descriptor, this.#buckets(name, options));
			return new HistogramInstrument(stream, shared);
		});
	}

	createObservableCounter(name: string, options?: api.MetricOptions): api.ObservableCounter {
		return this.#observable("observable_counter", name, options);
	}

	createObservableUpDownCounter(name: string, options?: api.MetricOptions): api.ObservableUpDownCounter {
		return this.#observable("observable_up_down_counter", name, options);
	}

	createObservableGauge(name: string, options?: api.MetricOptions): api.ObservableGauge {
		return this.#observable("observable_gauge", name, options);
	}

	addBatchObservableCallback(callback: api.BatchObservableCallback, observables: api.Observable[]): void {
		this.#context.collector.addBatch(callback, observables);
	}

	removeBatchObservableCallback(callback: api.BatchObservableCallback, observables: api.Observable[]): void {
		this.#context.collector.removeBatch(callback, observables);
	}

	#observable(kind: ObservableName, name: string, options: api.MetricOptions | undefined): api.Observable {
		const { families, collector } = this.#context;
		return this.#make(kind, name, options, deaf.createObservableGauge(""), (descriptor, shared) => {
			const stream = families.numbers(descriptor);
			const instrument = new ObservableInstrument(stream, nameOfKind[kind], collector, shared);
			collector.watch(instrument);
			return instrument;
		});
	}

	/** The same name, unit and kind give the same instrument. */
	#make<T>(
		kind: keyof typeof nameOfKind,
		givenName: string,
		options: api.MetricOptions | undefined,
		otherwise: T,
		create: (descriptor: StreamDescriptor, shared: InstrumentOptions) => T,
	): T {
		try {
			const given = String(givenName);
			const { unit = "", description = "", valueType } = options ?? {};
			const view = this.#context.findView(given);
			if (view?.drop) return otherwise;
			const key = `${kind} ${unit} ${valueType ?? ""} ${given.toLowerCase()}`;
			const known = this.#made.get(key) as T | undefined;
			if (known !== undefined) return known;
			const { recording, limit } = this.#context;
			const name = view?.name ?? given;
			const made = create(
				{
					kind,
					named: nameOfKind[kind],
					name,
					unit,
					description: view?.description ?? description,
					scope: this.#scope,
					filter: view?.filter,
					limit,
					lost: recording.lost,
				},
				{ name, integer: valueType === api.ValueType.INT, recording },
			);
			this.#made.set(key, made);
			return made;
		} catch (error) {
			telemetryFailed("prometheusExporter", error);
			return otherwise;
		}
	}

	#buckets(name: string, options: api.MetricOptions | undefined): readonly number[] {
		const fallback = defaultBuckets(options?.unit ?? "");
		const wanted = this.#context.findView(name)?.buckets ?? options?.advice?.explicitBucketBoundaries;
		if (wanted === undefined) return fallback;
		try {
			return checkBuckets(`histogram ${name}: explicitBucketBoundaries`, wanted);
		} catch (error) {
			telemetryFailed("prometheusExporter", error);
			return fallback;
		}
	}
}
