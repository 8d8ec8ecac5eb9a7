import type { Attributes, Context } from "@opentelemetry/api";
import type { Definition } from "../call.ts";
import { type Outcome, outcomes } from "../outcome.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { MetricOf } from "../telemetry/metric.ts";

/**
 * So many stages of all pipelines have series of their own; a name made of an identifier would fill any memory. With all
 * outcomes they stay below the 2,000 series that an OpenTelemetry SDK keeps of one instrument.
 */
const mostSeries = 240;
/** So many kinds of error are told apart in one stage. */
const mostErrorTypes = 50;

type Duration = MetricOf<"histogram">;

const overflow: Attributes = Object.freeze({ "otel.metric.overflow": true });

/** How calls of one name ended, and how many go on: numbers that are read when somebody collects. */
export class Series {
	readonly attributes: Attributes;
	active = 0;
	readonly #counts = new Map<Outcome, { calls: number; readonly attributes: Attributes }>();
	/** Frozen, and the same for each call, so that a provider can know them by identity. */
	readonly #durations = new Map<string, Attributes>();
	readonly #instruments: Instruments;
	readonly #duration: Duration;

	constructor(attributes: Attributes, instruments: Instruments, duration: Duration) {
		this.attributes = Object.freeze(attributes);
		this.#instruments = instruments;
		this.#duration = duration;
		for (const outcome of outcomes) {
			const labelled = Object.freeze({ ...attributes, outcome });
			this.#counts.set(outcome, { calls: 0, attributes: labelled });
			this.#durations.set(outcome, labelled);
		}
	}

	ended(outcome: Outcome, errorType: string | undefined, seconds: number, context: Context): void {
		const count = this.#counts.get(outcome);
		if (count !== undefined) count.calls++;
		const attributes = errorType === undefined ? this.#durations.get(outcome) : this.#failed(outcome, errorType);
		this.#instruments.record(this.#duration, seconds, attributes, context);
	}

	observeCalls(report: (value: number, attributes: Attributes) => void): void {
		for (const { calls, attributes } of this.#counts.values()) report(calls, attributes);
	}

	#failed(outcome: Outcome, errorType: string): Attributes {
		const key = `${outcome} ${errorType}`;
		const known = this.#durations.get(key);
		if (known !== undefined) return known;
		if (this.#durations.size >= outcomes.length + mostErrorTypes && errorType !== "_OTHER") {
			this.#instruments.dropped("metrics", "cardinality");
			return this.#failed(outcome, "_OTHER");
		}
		const attributes = Object.freeze({ ...this.attributes, outcome, "error.type": errorType });
		this.#durations.set(key, attributes);
		return attributes;
	}
}

/** The series of all runs, or of all stages, whose metrics go to one provider. */
class SeriesTable {
	readonly #instruments: Instruments;
	readonly #duration: Duration;
	readonly #series = new Map<string, Series>();
	#overflow: Series | undefined;

	constructor(instruments: Instruments, kind: "run" | "stage") {
		const [calls, duration, active] =
			kind === "run"
				? (["pipeline.runs", "pipeline.run.duration", "pipeline.run.active"] as const)
				: (["pipeline.stage.calls", "pipeline.stage.duration", "pipeline.stage.active"] as const);
		this.#instruments = instruments;
		this.#duration = duration;
		instruments.observe(calls, (report) => {
			for (const series of this.#all()) series.observeCalls(report);
		});
		instruments.observe(active, (report) => {
			for (const { active, attributes } of this.#all()) report(active, attributes);
		});
	}

	/** The one series of a name; each further name than the table holds is counted, and shares one. */
	of(attributes: Attributes): Series {
		const key = Object.values(attributes).join("\u0000");
		const known = this.#series.get(key);
		if (known !== undefined) return known;
		if (this.#series.size >= mostSeries) {
			this.#instruments.dropped("metrics", "cardinality");
			this.#overflow ??= this.#make(overflow);
			return this.#overflow;
		}
		const series = this.#make(attributes);
		this.#series.set(key, series);
		return series;
	}

	#make(attributes: Attributes): Series {
		return new Series(attributes, this.#instruments, this.#duration);
	}

	*#all(): Iterable<Series> {
		yield* this.#series.values();
		if (this.#overflow !== undefined) yield this.#overflow;
	}
}

const tables = new WeakMap<Instruments, Record<"run" | "stage", SeriesTable>>();

/** The series of a run or a stage; those of one name share it, however often it was defined. */
export function seriesOf(instruments: Instruments, { kind, name, pipeline }: Definition): Series {
	let found = tables.get(instruments);
	if (found === undefined) {
		found = { run: new SeriesTable(instruments, "run"), stage: new SeriesTable(instruments, "stage") };
		tables.set(instruments, found);
	}
	return kind === "run"
		? found.run.of({ "pipeline.name": pipeline.name })
		: found.stage.of({ "pipeline.name": pipeline.name, "stage.name": name });
}
