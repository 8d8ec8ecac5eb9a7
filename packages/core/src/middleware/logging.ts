import type { Middleware } from "../middleware.ts";
import { type LoggingOptions, loggingOptions, logLines } from "../observer/log-line.ts";
import { observing } from "../observing.ts";
import { knownOptions } from "../option.ts";

/**
 * Writes a line when a call starts and when it ends, with the ids of trace, span and run on each.
 *
 * **Placement** inside `tracing()`, or the lines have no span ids; `observe()` holds both. **Emits** log lines only.
 *
 * @example
 * footlight("etl", { logger, use: [tracing(), logging({ levels: { cancelled: "debug" } })] });
 */
export function logging(options: LoggingOptions = {}): Middleware {
	knownOptions("logging", options, loggingOptions);
	const logged = logLines("logging", options);
	return observing("logging", (definition) => [logged(definition)], options.logger !== undefined);
}
