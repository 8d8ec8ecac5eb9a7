/** What a profile of the compose file changes in the services that are there without it. */
export const profiles = {
	logs: { DEMO_LOGS_EXPORTER: "otlp", LOGS_DATASOURCE_UID: "loki" },
	scale: { DEMO_TRACES_ENDPOINT: "http://balancer:4318/v1/traces" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** Where something of the stack is to be found, as the compose file knows it. */
export interface Place {
	readonly name: string;
	readonly service: string;
	/** Within the container. */
	readonly port: number;
	readonly scheme: "http://" | "";
	/** The one it comes with. */
	readonly profile?: keyof typeof profiles;
}

export const places: readonly Place[] = [
	{ name: "Jaeger", service: "jaeger", port: 16_686, scheme: "http://" },
	{ name: "Grafana", service: "grafana", port: 3_000, scheme: "http://" },
	{ name: "Prometheus", service: "prometheus", port: 9_090, scheme: "http://" },
	{ name: "OTLP/HTTP", service: "jaeger", port: 4_318, scheme: "http://" },
	{ name: "OTLP/gRPC", service: "jaeger", port: 4_317, scheme: "" },
	{ name: "Collector", service: "collector", port: 4_318, scheme: "http://", profile: "logs" },
	{ name: "Balancer", service: "balancer", port: 4_318, scheme: "http://", profile: "scale" },
];

/** A line of the list that a started stack ends with. */
export function lineFor({ name, scheme }: Place, address: string): string {
	return `${name.padEnd(11)} ${scheme}${address}\n`;
}
