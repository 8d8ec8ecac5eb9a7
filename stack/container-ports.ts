/** What the containers open, as they know it among themselves: service and port. */
export const containerPorts = [
	...["jaeger:16686", "jaeger:16685", "jaeger:4317", "jaeger:4318", "jaeger:8888", "jaeger:8889"],
	...["jaeger:13133", "demo:9464", "prometheus:9090"],
] as const;

export type ContainerPort = (typeof containerPorts)[number];
