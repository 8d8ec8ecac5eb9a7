import { cost } from "./dashboards/cost.ts";
import { overview } from "./dashboards/overview.ts";
import { resilience } from "./dashboards/resilience.ts";
import { stages } from "./dashboards/stages.ts";
import { streaming } from "./dashboards/streaming.ts";
import { telemetry } from "./dashboards/telemetry.ts";
import type { Dashboard } from "./specification.ts";

/** All dashboards, in the order of the menu. */
export const dashboards: readonly Dashboard[] = [overview, resilience, stages, streaming, cost, telemetry];
