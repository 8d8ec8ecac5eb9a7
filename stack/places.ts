import type { Profile } from "./profiles.ts";

/** Where something of the stack is to be found, as the compose file knows it. */
export interface Place {
	readonly name: string;
	readonly service: string;
	/** Within the container. */
	readonly port: number;
	readonly scheme: "http://" | "";
	/** The one it comes with. */
	readonly profile?: Profile;
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
	return `${name.padEnd(11)} ${scheme}${address}`;
}
