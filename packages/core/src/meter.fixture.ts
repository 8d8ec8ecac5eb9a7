export { type Metric, type Point, type RecordedMetrics, recordMetrics } from "../../../test/recorded-metrics.ts";
