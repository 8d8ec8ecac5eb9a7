import type * as api from "@opentelemetry/api";

type Synchronous = "createGauge" | "createHistogram" | "createCounter" | "createUpDownCounter";
type Observing = "createObservableGauge" | "createObservableCounter" | "createObservableUpDownCounter";

/** An observable of each of two providers; callbacks are asked by both. */
class PairedObservable implements api.Observable {
	readonly first: api.Observable;
	readonly second: api.Observable;

	constructor(first: api.Observable, second: api.Observable) {
		this.first = first;
		this.second = second;
	}

	addCallback(callback: api.ObservableCallback): void {
		this.first.addCallback(callback);
		this.second.addCallback(callback);
	}

	removeCallback(callback: api.ObservableCallback): void {
		this.first.removeCallback(callback);
		this.second.removeCallback(callback);
	}
}

/** Makes a provider that records everything in two others. */
export function pairedProvider(first: api.MeterProvider, second: api.MeterProvider): api.MeterProvider {
	const meters = new Map<string, api.Meter>();
	return {
		getMeter(name, version, options) {
			const key = JSON.stringify([name, version, options?.schemaUrl]);
			let meter = meters.get(key);
			if (meter === undefined) {
				meter = pairedMeter(first.getMeter(name, version, options), second.getMeter(name, version, options));
				meters.set(key, meter);
			}
			return meter;
		},
	};
}

function pairedMeter(first: api.Meter, second: api.Meter): api.Meter {
	type Half = "first" | "second";
	const batches = new WeakMap<api.BatchObservableCallback, Record<Half, api.BatchObservableCallback>>();
	const both = { first, second };

	const recording = (make: Synchronous) => (name: string, options?: api.MetricOptions) => {
		const one = first[make](name, options) as api.Counter & api.Histogram;
		const other = second[make](name, options) as api.Counter & api.Histogram;
		const record = (value: number, attributes?: api.Attributes, context?: api.Context) => {
			(one.add ?? one.record).call(one, value, attributes, context);
			(other.add ?? other.record).call(other, value, attributes, context);
		};
		return { add: record, record };
	};
	const observing = (make: Observing) => (name: string, options?: api.MetricOptions) =>
		new PairedObservable(first[make](name, options), second[make](name, options));

	/** Each provider is given observables of its own. */
	function batchFor(half: Half, callback: api.BatchObservableCallback): api.BatchObservableCallback {
		return (result) =>
			callback({
				observe(observable, value, attributes) {
					result.observe((observable as PairedObservable)[half] ?? observable, value, attributes);
				},
			});
	}
	function change(how: "addBatchObservableCallback" | "removeBatchObservableCallback") {
		return (callback: api.BatchObservableCallback, observables: api.Observable[]) => {
			const halves = batches.get(callback) ?? {
				first: batchFor("first", callback),
				second: batchFor("second", callback),
			};
			batches.set(callback, halves);
			for (const half of ["first", "second"] as const) {
				both[half][how](
					halves[half],
					observables.map((observable) => (observable as PairedObservable)[half] ?? observable),
				);
			}
		};
	}

	return {
		createGauge: recording("createGauge"),
		createHistogram: recording("createHistogram"),
		createCounter: recording("createCounter"),
		createUpDownCounter: recording("createUpDownCounter"),
		createObservableGauge: observing("createObservableGauge"),
		createObservableCounter: observing("createObservableCounter"),
		createObservableUpDownCounter: observing("createObservableUpDownCounter"),
		addBatchObservableCallback: change("addBatchObservableCallback"),
		removeBatchObservableCallback: change("removeBatchObservableCallback"),
	} as api.Meter;
}
