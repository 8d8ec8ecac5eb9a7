// For sinks and exporters of Footlight's own packages and of others: to count what they do as the core does.

export { type Alarm, readNow, setAlarm } from "../clock.ts";
export { deliver } from "../deliver.ts";
export { emitDetachedEvent } from "../emit.ts";
export { errorChain } from "../retry/error-chain.ts";
export { httpStatus } from "../retry/http-status.ts";
export { retryAfterMs } from "../retry/retry-after.ts";
export { isTold } from "../streaming/exporter.ts";
export { withoutTelemetry } from "../telemetry-context.ts";
export { ignoreRejection, isThenable } from "../thenable.ts";
export { type Cell, cellOf } from "./cells.ts";
export { findInstruments, type Instruments } from "./instruments.ts";
