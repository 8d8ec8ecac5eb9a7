// The documented fields of the files that Grafana, Loki and the collector read, as far as we set any.
// What is not in a schema is refused, so that a misspelt field fails here and is not overlooked there.
import type { AnySchema } from "ajv";

const text = { type: "string", minLength: 1 } as const;
const flag = { type: "boolean" } as const;
const duration = { type: "string", pattern: "^-?(?:\\d+(?:ns|us|ms|s|m|h|d|w|y))+$" } as const;
const address = { type: "string", pattern: "^[\\w.-]+:\\d+$" } as const;
const url = { type: "string", pattern: "^https?://[\\w.-]+(?::[\\w$]+)?(?:/.*)?$" } as const;
const count = { type: "integer", minimum: 0 } as const;

/** An object with these fields and no others. */
function exactly(properties: Record<string, AnySchema>, required: readonly string[] = []): AnySchema {
	return { type: "object", properties, required: [...required], additionalProperties: false };
}

function listOf(items: AnySchema): AnySchema {
	return { type: "array", items, minItems: 1 };
}

const tags = listOf(exactly({ key: text, value: text }, ["key"]));
const queries = listOf(exactly({ name: text, query: text }, ["query"]));
const shifts = { spanStartTimeShift: duration, spanEndTimeShift: duration };

const jsonData = {
	prometheus: exactly({
		httpMethod: { enum: ["GET", "POST"] },
		prometheusType: { enum: ["Prometheus", "Mimir", "Cortex", "Thanos"] },
		prometheusVersion: { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+$" },
		timeInterval: duration,
		queryTimeout: duration,
		manageAlerts: flag,
		exemplarTraceIdDestinations: listOf({
			...(exactly({ name: text, datasourceUid: text, url: text, urlDisplayLabel: text }, ["name"]) as object),
			// One leads into Grafana or out of it.
			oneOf: [{ required: ["datasourceUid"] }, { required: ["url"] }],
		}),
	}),
	jaeger: exactly({
		nodeGraph: exactly({ enabled: flag }),
		spanBar: exactly({ type: { enum: ["None", "Duration", "Tag"] }, tag: text }, ["type"]),
		traceIdTimeParams: exactly({ enabled: flag }),
		tracesToMetrics: exactly({ datasourceUid: text, ...shifts, tags, queries }, ["datasourceUid", "queries"]),
		tracesToLogsV2: exactly(
			{
				...{ datasourceUid: text, ...shifts, tags },
				...{ filterByTraceID: flag, filterBySpanID: flag, customQuery: flag, query: text },
			},
			["datasourceUid"],
		),
	}),
	loki: exactly({
		maxLines: count,
		timeout: count,
		derivedFields: listOf(
			exactly(
				{
					...{ name: text, matcherType: { enum: ["label", "regex"] }, matcherRegex: text },
					...{ datasourceUid: text, url: text, urlDisplayLabel: text },
				},
				["name", "matcherRegex", "url"],
			),
		),
	}),
};

/** Data sources of Grafana, by their types. */
export const datasourcesSchema: AnySchema = exactly(
	{
		apiVersion: { const: 1 },
		prune: flag,
		deleteDatasources: listOf(exactly({ name: text, orgId: count }, ["name"])),
		datasources: listOf({
			oneOf: Object.entries(jsonData).map(([type, data]) =>
				exactly(
					{
						...{ name: text, uid: { type: "string", pattern: "^[\\w-]{1,40}$" }, type: { const: type } },
						...{ access: { const: "proxy" }, url, isDefault: flag, editable: flag, jsonData: data },
					},
					["name", "uid", "type", "access", "url"],
				),
			),
		}),
	},
	["apiVersion", "datasources"],
);

/** Providers of dashboards in Grafana. */
export const dashboardProvidersSchema: AnySchema = exactly(
	{
		apiVersion: { const: 1 },
		providers: listOf(
			exactly(
				{
					...{ name: text, orgId: count, type: { const: "file" }, folder: text, folderUid: text },
					...{ disableDeletion: flag, allowUiUpdates: flag, updateIntervalSeconds: count },
					options: exactly({ path: text, foldersFromFilesStructure: flag }, ["path"]),
				},
				["name", "type", "options"],
			),
		),
	},
	["apiVersion", "providers"],
);

/** Loki, in one process. */
export const lokiSchema: AnySchema = exactly(
	{
		auth_enabled: flag,
		server: exactly({
			...{ http_listen_port: count, grpc_listen_port: count },
			log_level: { enum: ["debug", "info", "warn", "error"] },
		}),
		common: exactly({
			instance_addr: text,
			path_prefix: text,
			replication_factor: count,
			ring: exactly({ kvstore: exactly({ store: { enum: ["inmemory", "memberlist"] } }) }),
			storage: exactly({ filesystem: exactly({ chunks_directory: text, rules_directory: text }) }),
		}),
		schema_config: exactly({
			configs: listOf(
				exactly(
					{
						...{ from: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" }, store: { const: "tsdb" } },
						...{ object_store: { const: "filesystem" }, schema: { const: "v13" } },
						index: exactly({ prefix: text, period: { const: "24h" } }, ["period"]),
					},
					["from", "store", "object_store", "schema", "index"],
				),
			),
		}),
		limits_config: exactly({ allow_structured_metadata: flag, retention_period: duration }),
		compactor: exactly(
			{ working_directory: text, retention_enabled: flag, delete_request_store: { const: "filesystem" } },
			["working_directory"],
		),
		analytics: exactly({ reporting_enabled: flag }),
	},
	["schema_config"],
);

const otlpReceiver = exactly({
	protocols: exactly({ grpc: exactly({ endpoint: address }), http: exactly({ endpoint: address }) }),
});
const policy = (type: string, settings: AnySchema) =>
	exactly({ name: text, type: { const: type }, [type]: settings }, ["name", "type", type]);

/** Settings of the collector's components, by kind and type. */
const components = {
	extensions: { health_check: exactly({ endpoint: address }, ["endpoint"]) },
	receivers: { otlp: otlpReceiver },
	processors: {
		batch: exactly({ timeout: duration, send_batch_size: count, send_batch_max_size: count }),
		memory_limiter: exactly({ check_interval: duration, limit_percentage: count, spike_limit_percentage: count }, [
			"check_interval",
			"limit_percentage",
		]),
		resource: exactly({
			attributes: listOf(
				exactly({ key: text, value: {}, action: { enum: ["insert", "update", "upsert", "delete"] } }, [
					"key",
					"action",
				]),
			),
		}),
		transform: exactly({
			error_mode: { enum: ["ignore", "silent", "propagate"] },
			log_statements: listOf(text),
		}),
		tail_sampling: exactly(
			{
				...{ decision_wait: duration, num_traces: count, expected_new_traces_per_sec: count },
				policies: listOf({
					oneOf: [
						policy("status_code", exactly({ status_codes: listOf({ enum: ["ERROR", "OK", "UNSET"] }) })),
						policy("string_attribute", exactly({ key: text, values: listOf(text) }, ["key", "values"])),
						policy("latency", exactly({ threshold_ms: count }, ["threshold_ms"])),
						policy(
							"probabilistic",
							exactly({ sampling_percentage: { type: "number", exclusiveMinimum: 0, maximum: 100 } }),
						),
					],
				}),
			},
			["policies"],
		),
	},
	connectors: {
		forward: { type: "null" },
		spanmetrics: exactly({
			metrics_flush_interval: duration,
			exemplars: exactly({ enabled: flag }),
			histogram: exactly({ explicit: exactly({ buckets: listOf(duration) }) }),
			resource_metrics_key_attributes: listOf(text),
		}),
	},
	exporters: {
		otlphttp: exactly({ endpoint: url }, ["endpoint"]),
		prometheus: exactly({ endpoint: address, enable_open_metrics: flag }, ["endpoint"]),
		loadbalancing: exactly(
			{
				routing_key: { enum: ["traceID", "service"] },
				protocol: exactly({ otlp: exactly({ tls: exactly({ insecure: flag }), timeout: duration }) }, ["otlp"]),
				resolver: exactly({
					dns: exactly({ hostname: text, port: text, interval: duration, timeout: duration }, ["hostname"]),
				}),
			},
			["protocol", "resolver"],
		),
	},
};

/** Components of one kind, named by their type or `type/name`. */
function named(types: Readonly<Record<string, AnySchema>>): AnySchema {
	const patterns = Object.entries(types).map(([type, settings]) => [`^${type}(?:/\\w+)?$`, settings]);
	return { type: "object", patternProperties: Object.fromEntries(patterns), additionalProperties: false };
}

const pipeline = exactly({ receivers: listOf(text), processors: listOf(text), exporters: listOf(text) }, [
	"receivers",
	"exporters",
]);

/** The collector of OpenTelemetry, with those components of its contrib distribution that the stack uses. */
export const collectorSchema: AnySchema = exactly(
	{
		...Object.fromEntries(Object.entries(components).map(([kind, types]) => [kind, named(types)])),
		service: exactly(
			{
				extensions: listOf(text),
				pipelines: {
					type: "object",
					patternProperties: { "^(?:traces|metrics|logs)(?:/\\w+)?$": pipeline },
					additionalProperties: false,
				},
			},
			["extensions", "pipelines"],
		),
	},
	["receivers", "exporters", "service"],
);
