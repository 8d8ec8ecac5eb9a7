import { metricCatalogue } from "@footlight/core";
import * as api from "@opentelemetry/api";
import { version } from "../version.ts";
import type { LossReason } from "./cell-table.ts";
import type { Recording } from "./instrument.ts";
import type { Labels } from "./labels.ts";
import { type MeterContext, PrometheusMeter } from "./meter.ts";

/** The `MeterProvider` of the OpenTelemetry Metrics API, with what an SDK's has beyond it. */
export interface PrometheusMeterProvider extends api.MeterProvider {
	/** Resolves at once: values are read when somebody scrapes. */
	forceFlush(): Promise<void>;
	/** Shuts the exporter down. */
	shutdown(): Promise<void>;
}

export interface MeterProviderOptions extends Omit<MeterContext, "recording"> {
	readonly exemplars: boolean;
	/** Whether series carry the name, version and schema of the scope that made them. */
	readonly scopeLabels: boolean;
	readonly shutdown: () => Promise<void>;
}

const signal = "pipeline.telemetry.signal";
const reason = "pipeline.telemetry.reason";
const labelsOfLoss: Readonly<Record<LossReason, api.Attributes>> = {
	cardinality: Object.freeze({ [signal]: "metrics", [reason]: "cardinality" }),
	invalid_value: Object.freeze({ [signal]: "metrics", [reason]: "invalid_value" }),
	name_conflict: Object.freeze({ [signal]: "metrics", [reason]: "name_conflict" }),
};

/** Makes the provider, and the counter of what it gives up, which is born at zero. */
export function meterProvider(options: MeterProviderOptions): { provider: PrometheusMeterProvider; close(): void } {
	const { exemplars, scopeLabels, shutdown, ...shared } = options;
	const meters = new Map<string, PrometheusMeter>();
	let closed = false;
	let dropped: api.Counter | undefined;

	const recording: Recording = {
		exemplars,
		lost: (reason) => dropped?.add(1, labelsOfLoss[reason]),
	};
	const context: MeterContext = { ...shared, recording };

	// Its few series are below any limit, and what counts must not call itself.
	const own = new PrometheusMeter(
		{ ...context, limit: 2_000, recording: { exemplars, lost() {} } },
		scopeOf("@footlight/exporters", version),
	);
	const { unit, description } = metricCatalogue["pipeline.telemetry.dropped"];
	dropped = own.createCounter("pipeline.telemetry.dropped", { unit, description });
	for (const labels of Object.values(labelsOfLoss)) dropped.add(0, labels);

	function scopeOf(name: string, version?: string, schemaUrl?: string): Labels {
		if (!scopeLabels) return {};
		return {
			...(name && { otel_scope_name: name }),
			...(version && { otel_scope_version: version }),
			...(schemaUrl && { otel_scope_schema_url: schemaUrl }),
		};
	}

	return {
		provider: {
			getMeter(name, version, options) {
				if (closed) return api.createNoopMeter();
				const key = JSON.stringify([name, version, options?.schemaUrl]);
				let meter = meters.get(key);
				if (meter === undefined) {
					meter = new PrometheusMeter(context, scopeOf(name, version, options?.schemaUrl));
					meters.set(key, meter);
				}
				return meter;
			},
			async forceFlush() {},
			shutdown,
		},
		close() {
			closed = true;
			meters.clear();
		},
	};
}
