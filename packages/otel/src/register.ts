/**
 * `node --import @footlight/otel/register app.js`: telemetry with no change to the code, all settings from OTEL_*, and
 * the tree of each run with FOOTLIGHT_CONSOLE=true.
 *
 * Instrumentations are those of `@opentelemetry/auto-instrumentations-node` where the application has installed it,
 * else those of Node's own HTTP clients and server: a list that fits everybody does not exist, and the whole set is
 * some forty packages that most applications would load for nothing.
 */
import { isMainThread, workerData } from "node:worker_threads";
import { isDisabled } from "./disabled.ts";
import { hookModuleLoading } from "./module-hook.ts";
import { startTelemetry } from "./start-telemetry.ts";
import { usualInstrumentations } from "./usual-instrumentations.ts";

// The thread that delivers at exit inherits NODE_OPTIONS, and must not start telemetry of its own.
const deliversAtExit = !isMainThread && (workerData as { footlightExit?: boolean } | null)?.footlightExit === true;

if (!deliversAtExit) {
	const loaderKnows = isDisabled() ? undefined : hookModuleLoading();
	const instrumentations = isDisabled() ? [] : await usualInstrumentations();
	// Lines of the application's own logger are its business: this start only traces.
	const drawn = process.env.FOOTLIGHT_CONSOLE?.trim().toLowerCase() === "true";
	startTelemetry({ instrumentations, logger: false, console: drawn });
	await loaderKnows?.();
}
