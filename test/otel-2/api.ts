/** The API as tests know it: what 1.10 took in, and stood in a package of its own before. Core itself gets 1.9 as it is. */
// biome-ignore lint/performance/noReExportAll: stands in for a whole package
export * from "@opentelemetry/api";
export { logs, SeverityNumber } from "@opentelemetry/api-logs";
