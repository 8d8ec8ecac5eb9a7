import type { Attributes } from "@opentelemetry/api";
import { systemClock } from "../clock.ts";
import type { Instruments, Observe } from "../telemetry/instruments.ts";
import type { MetricName } from "../telemetry/metric.ts";
import { dropReasons, Tally } from "./tally.ts";

/** So many label sets have series of their own, for each provider: below the 2,000 that an OpenTelemetry SDK keeps. */
const mostStreams = 1_500;

const overflow: Attributes = Object.freeze({ "otel.metric.overflow": true });

/** The queues of one name in one stage, which are measured together. */
export class StreamMeter {
	readonly #instruments: Instruments;
	readonly #labels: Attributes;
	readonly #live = new Set<Tally>();
	/** What those have counted that are no more. */
	readonly #past = new Tally(systemClock, 0);

	constructor(instruments: Instruments, labels: Attributes) {
		this.#instruments = instruments;
		this.#labels = labels;
	}

	/** Has a queue's figures read when somebody collects, until it is garbage or {@link release | released}. */
	measure(queue: object, tally: Tally): void {
		this.#live.add(tally);
		collected.register(queue, { meter: this, tally }, tally);
	}

	/** Nothing will change any more, or only what is dropped. */
	release(tally: Tally): void {
		collected.unregister(tally);
		if (this.#live.delete(tally)) this.#past.inherit(tally);
	}

	firstItem(afterMs: number): void {
		this.#instruments.record("pipeline.stream.time_to_first_item", afterMs / 1_000, this.#labels);
	}

	report(metric: StreamMetric, report: Parameters<Observe>[0]): void {
		for (const [labels, figure, perUnit = 1] of figures[metric]) {
			let sum = figure(this.#past);
			for (const tally of this.#live) {
				const value = figure(tally);
				sum = metric === "pipeline.stream.queue.depth_max" ? Math.max(sum, value) : sum + value;
			}
			report(sum / perUnit, { ...this.#labels, ...labels });
		}
	}
}

type StreamMetric = Exclude<
	Extract<MetricName, `pipeline.stream.${string}`>,
	`pipeline.stream.buffer.${string}` | "pipeline.stream.time_to_first_item"
>;
/** `perUnit`: how many of what is summed make one of the metric's unit. */
type Figure = readonly [labels: Attributes, of: (tally: Tally) => number, perUnit?: number];

const msPerSecond = 1_000;

const figures: Readonly<Record<StreamMetric, readonly Figure[]>> = {
	"pipeline.stream.queue.depth": [[{}, (tally) => tally.size]],
	"pipeline.stream.queue.capacity": [[{}, (tally) => tally.capacity]],
	"pipeline.stream.queue.depth_max": [[{}, (tally) => tally.takePeak()]],
	"pipeline.stream.items": [
		[{ "stream.direction": "in" }, (tally) => tally.itemsIn],
		[{ "stream.direction": "out" }, (tally) => tally.itemsOut],
	],
	"pipeline.stream.dropped": dropReasons.map(
		(reason): Figure => [{ "stream.drop_reason": reason }, (tally) => tally.dropped[reason]],
	),
	"pipeline.stream.producer.blocked_time": [[{}, (tally) => tally.blockedMs, msPerSecond]],
	"pipeline.stream.throttled_time": [[{}, (tally) => tally.throttledMs, msPerSecond]],
};

const collected = new FinalizationRegistry<{ readonly meter: StreamMeter; readonly tally: Tally }>(({ meter, tally }) =>
	meter.release(tally),
);

const metersOf = new WeakMap<Instruments, Map<string, StreamMeter>>();

/** The meter of all queues with these labels; queues beyond the limit share one, and are counted. */
export function streamMeter(instruments: Instruments, labels: Attributes): StreamMeter {
	const meters = metersOf.get(instruments) ?? observe(instruments);
	const key = JSON.stringify(labels);
	const known = meters.get(key);
	if (known !== undefined) return known;
	if (meters.size >= mostStreams && labels !== overflow) {
		instruments.dropped("metrics", "cardinality");
		return streamMeter(instruments, overflow);
	}
	const meter = new StreamMeter(instruments, labels);
	meters.set(key, meter);
	return meter;
}

function observe(instruments: Instruments): Map<string, StreamMeter> {
	const meters = new Map<string, StreamMeter>();
	metersOf.set(instruments, meters);
	for (const metric of Object.keys(figures) as StreamMetric[]) {
		instruments.observe(metric, (report) => {
			for (const meter of meters.values()) meter.report(metric, report);
		});
	}
	return meters;
}
