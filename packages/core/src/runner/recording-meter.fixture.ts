import type { Attributes, MeterProvider } from "@opentelemetry/api";

/** What was recorded, by metric and by the labels as text. */
export interface RecordedMetrics {
	/** Sum of a counter, or what an observable gives now. */
	value(name: string, labels: Readonly<Record<string, string>>): number;
	/** How often a histogram recorded, and the sum. */
	histogram(name: string, labels: Readonly<Record<string, string>>): { readonly count: number; readonly sum: number };
}

interface Point {
	readonly attributes: Attributes;
	readonly value: number;
}

/** A meter provider that keeps every recording, with none of an SDK's aggregation in between. */
export function recordingMeterProvider(): { readonly provider: MeterProvider; read(): RecordedMetrics } {
	const points = new Map<string, Point[]>();
	const observers: (() => void)[] = [];
	const keep = (name: string, value: number, attributes: Attributes = {}) => {
		const known = points.get(name);
		if (known === undefined) points.set(name, [{ attributes, value }]);
		else known.push({ attributes, value });
	};
	const counter = (name: string) => ({
		add: (value: number, attributes?: Attributes) => keep(name, value, attributes),
	});
	const observable = (name: string) => ({
		addCallback(observe: (result: { observe(value: number, attributes?: Attributes): void }) => void) {
			observers.push(() => observe({ observe: (value, attributes) => keep(name, value, attributes) }));
		},
	});
	const meter = {
		createCounter: counter,
		createUpDownCounter: counter,
		createHistogram: (name: string) => ({
			record: (value: number, attributes?: Attributes) => keep(name, value, attributes),
		}),
		createObservableCounter: observable,
		createObservableUpDownCounter: observable,
		createObservableGauge: observable,
	};
	return {
		provider: { getMeter: () => meter } as unknown as MeterProvider,
		read() {
			for (const observe of observers.splice(0)) observe();
			const byLabel = new Map<string, Point[]>();
			for (const [name, all] of points) {
				for (const point of all) {
					const key = `${name} ${point.attributes["stage.name"] ?? ""}`;
					const known = byLabel.get(key);
					if (known === undefined) byLabel.set(key, [point]);
					else known.push(point);
				}
			}
			const matching = (name: string, labels: Readonly<Record<string, string>>) =>
				(byLabel.get(`${name} ${labels["stage.name"] ?? ""}`) ?? []).filter(({ attributes }) =>
					Object.entries(labels).every(([label, value]) => attributes[label] === value),
				);
			const sum = (found: readonly Point[]) => found.reduce((total, { value }) => total + value, 0);
			return {
				value: (name, labels) => sum(matching(name, labels)),
				histogram(name, labels) {
					const found = matching(name, labels);
					return { count: found.length, sum: sum(found) };
				},
			};
		},
	};
}
