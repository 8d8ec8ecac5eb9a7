import type { Definition } from "../call.ts";
import type { Observation, Observer } from "../observation.ts";
import { errorType, isFailure } from "../outcome.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { type Series, seriesOf } from "./series.ts";

/** Counts and times the calls of a stage or a run; what it records to is found once, when a provider is there. */
export function callMetrics(definition: Definition): Observer {
	const { pipeline } = definition;
	let instruments: Instruments | undefined;
	let series: Series | undefined;

	function find(): Series | undefined {
		try {
			instruments = pipeline.instruments;
			if (instruments !== undefined) series = seriesOf(instruments, definition);
		} catch (error) {
			telemetryFailed("metrics", error);
		}
		return series;
	}

	// A stage that was never called counts zero calls: an alert on its first failure needs the zero before it.
	if (definition.bornAtZero) find();

	return {
		begin(observation: Observation): boolean {
			const { scope } = observation;
			const found = series ?? find();
			if (found === undefined || scope.counted) return false;
			// The clock is read when it is first asked.
			void observation.startMs;
			scope.counted = true;
			observation.series = found;
			found.active++;
			const { queuedMs } = scope;
			if (queuedMs !== undefined) {
				instruments?.record("pipeline.stage.queue_duration", queuedMs / 1_000, found.attributes);
			}
			return true;
		},
		end(observation: Observation): void {
			const { series, outcome, startMs, endMs } = observation;
			if (series === undefined) return;
			series.active--;
			const type = isFailure(outcome) ? errorType(observation.error) : undefined;
			// A clock that was set back gives a time below zero, which no histogram takes.
			series.ended(outcome, type, Math.max(0, endMs - startMs) / 1_000, observation.context);
		},
	};
}
