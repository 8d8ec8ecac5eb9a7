/** What a profile of the compose file changes in the services that are there without it. */
export const profiles = {
	logs: { DEMO_LOGS_EXPORTER: "otlp", LOGS_DATASOURCE_UID: "loki" },
	scale: { DEMO_TRACES_ENDPOINT: "http://balancer:4318/v1/traces" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Profile = keyof typeof profiles;
