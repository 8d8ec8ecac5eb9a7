import { alerts } from "./alerts.ts";
import { amplification } from "./amplification.ts";
import { breakerPanel } from "./breaker-panel.ts";
import type { Check } from "./check.ts";
import { configurations } from "./configurations.ts";
import { dashboards } from "./dashboards.ts";
import { exemplars } from "./exemplars.ts";
import { logs } from "./logs.ts";
import { names } from "./names.ts";
import { pictures } from "./pictures.ts";
import { questions } from "./questions.ts";
import { scaleTier } from "./scale.ts";
import { servicesAndOperations } from "./services.ts";
import { spanMetrics } from "./span-metrics.ts";
import { stackCommand } from "./stack-command.ts";
import { stageMetrics } from "./stage-metrics.ts";
import { targets } from "./targets.ts";

/** What the stack test looks at, in this order; the demo goes on until one of them stops it. */
export const checks: readonly (readonly [title: string, check: Check])[] = [
	["the validators accept what the containers read", configurations],
	["every Prometheus reaches what it scrapes", targets],
	["Jaeger lists services and operations", servicesAndOperations],
	["the panel of breakers draws the whole course", breakerPanel],
	["every panel, variable and annotation has true data", dashboards],
	["every alert looks at data, and every rule is healthy", alerts],
	["every dashboard can be drawn", pictures],
	["exemplars lead to traces in Jaeger", exemplars],
	["spans lead to the metrics of their stages", stageMetrics],
	["Jaeger monitors the demo by its spans", spanMetrics],
	["each question is a trace that tells its story", questions],
	["the amplification shown is what the server counted", amplification],
	["metrics have the same names scraped and pushed", names],
	["npm run stack does without Docker what it says", stackCommand],
	["the profile logs leads from a trace to its lines and back", logs],
	["the tiers of the profile scale count all and keep whole traces", scaleTier],
];
