import { createRequire } from "node:module";
import { withMethods } from "@footlight/core/option";

/**
 * Where metrics are kept and rendered: a `Registry` of `prom-client` 15.1, or of `@prometheus-io/client`, as it is.
 *
 * What is registered are plain objects with `name`, `help`, `type` and `get()`.
 */
export interface PrometheusRegistry {
	/** The format that `metrics()` renders. */
	readonly contentType: string;
	registerMetric(metric: never): void;
	removeSingleMetric(name: string): void;
	getSingleMetric(name: string): unknown;
	getMetricsAsArray(): readonly unknown[];
	metrics(): Promise<string>;
}

/** What a registry calls on a metric of its own or of ours. */
export interface RegisteredMetric {
	readonly name: string;
	readonly help: string;
	readonly type: string;
	get(): Promise<MetricValues> | MetricValues;
	getForPromString?(): Promise<MetricValues> | MetricValues;
}

export interface MetricValues {
	readonly name: string;
	readonly help: string;
	readonly type: string;
	readonly values: readonly MetricValue[];
	/** How the values of a cluster's workers become one. */
	readonly aggregator: string;
}

export interface MetricValue {
	readonly labels: Readonly<Record<string, string>>;
	/** Labels that many values share: the same object each time, so that the registry makes text of it once. */
	readonly sharedLabels?: Readonly<Record<string, string>>;
	readonly value: number;
	readonly metricName?: string;
	readonly exemplar?: { readonly labelSet: object; readonly value: number; readonly timestamp: number } | undefined;
}

const methods = ["registerMetric", "removeSingleMetric", "getSingleMetric", "getMetricsAsArray", "metrics"];

/** Takes a given registry, or makes one of prom-client. */
export function registryFrom(where: string, given: unknown): PrometheusRegistry {
	if (given === undefined) return ownRegistry(where);
	withMethods(`${where}: registry`, given, methods);
	return given as PrometheusRegistry;
}

/** Loaded only where it is wanted: whoever passes a registry of another library need not have it. */
function ownRegistry(where: string): PrometheusRegistry {
	let client: { readonly Registry: new () => PrometheusRegistry };
	try {
		client = createRequire(import.meta.url)("prom-client");
	} catch (cause) {
		const cure = "npm install prom-client, or pass a registry: new Registry() of prom-client or @prometheus-io/client";
		throw new Error(`${where}: prom-client could not be loaded: ${cure}`, { cause });
	}
	return new client.Registry();
}
