import {
	circuitBreakerFlapping,
	circuitBreakerForced,
	circuitBreakerOpen,
	circuitBreakerStuckOpen,
} from "./circuit-breakers.ts";
import { costBudgetExceeded, costBudgetNearlySpent, costSpike, costUnpriced } from "./cost.ts";
import { rateLimitRejecting, rateLimitStoreFailing } from "./rate-limits.ts";
import { retriesIneffective, retryBudgetExhausted, retryStorm } from "./retries.ts";
import { runErrorBudgetBurnFast, runErrorBudgetBurnSlow, stageLatencyHigh, timeoutsHigh } from "./runs.ts";
import { streamBackpressure, streamDropping } from "./streams.ts";
import { exporterDroppingData, exporterQueueNearlyFull, metricsAbsent } from "./telemetry.ts";

/** All alerts, by the groups that Prometheus evaluates them in. */
export const definitions = {
	"footlight-runs": [runErrorBudgetBurnFast, runErrorBudgetBurnSlow, stageLatencyHigh, timeoutsHigh],
	"footlight-circuit-breakers": [
		circuitBreakerOpen,
		circuitBreakerStuckOpen,
		circuitBreakerFlapping,
		circuitBreakerForced,
	],
	"footlight-retries": [retryStorm, retriesIneffective, retryBudgetExhausted],
	"footlight-rate-limits": [rateLimitRejecting, rateLimitStoreFailing],
	"footlight-streams": [streamBackpressure, streamDropping],
	"footlight-cost": [costSpike, costBudgetNearlySpent, costBudgetExceeded, costUnpriced],
	"footlight-telemetry": [exporterQueueNearlyFull, exporterDroppingData, metricsAbsent],
} as const;

/** Any of the definitions. */
export type AnyDefinition = (typeof definitions)[keyof typeof definitions][number];

/** Name of an alert. */
export type AlertName = AnyDefinition["name"];
