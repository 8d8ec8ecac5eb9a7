import { telemetryFailed } from "@footlight/core";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { errorFields } from "./pino/error-fields.ts";
import { alreadySends, type Destination, guardedDestination } from "./pino/guarded-destination.ts";
import { logBridge } from "./pino/log-bridge.ts";
import { checkLoggerOptions, type PinoLoggerOptions } from "./pino/logger-options.ts";
import { prettifier } from "./pino/pretty.ts";
import { type Redaction, withoutSecrets } from "./pino/redaction.ts";
import { traceMixin } from "./pino/trace-mixin.ts";

/**
 * Makes a pino logger whose lines carry the active span's ids, hide secrets, and reach the OpenTelemetry Logs API.
 *
 * Whatever a destination, serializer, mixin or log exporter does, a log call returns. Where
 * `@opentelemetry/instrumentation-pino` already sends this logger's lines, it is left to it.
 *
 * **Throws** TypeError or RangeError, when it is made, for an option it cannot take.
 *
 * @example const light = footlight("docs-qa", { logger: pinoLogger({ name: "docs-qa", level: "debug" }) });
 */
export function pinoLogger<CustomLevels extends string = never>(
	options: PinoLoggerOptions<CustomLevels> = {},
): Logger<CustomLevels> {
	checkLoggerOptions(options);
	const { destination, otlp = true, pretty = "auto", redact, ...rest } = options;
	const given = rest as unknown as LoggerOptions;
	const keys = { messageKey: given.messageKey ?? "msg", errorKey: given.errorKey ?? "err", nestedKey: given.nestedKey };
	const target =
		typeof destination === "string" || typeof destination === "number"
			? pino.destination({ dest: destination, sync: true })
			: destination;
	const prettify = prettifier(pretty, (target ?? process.stdout) as { isTTY?: boolean }, keys);
	const logger = pino(
		{
			...given,
			...(redact && { redact }),
			serializers: { err: errorFields, ...given.serializers },
			mixin: traceMixin(given.mixin),
			hooks: { ...given.hooks, logMethod: quietLogMethod(given.hooks?.logMethod) },
		},
		target as DestinationStream | undefined,
	);
	// Where pino writes is replaced afterwards, so that without a destination pino itself chooses how to write to stdout.
	const inside = logger as unknown as Record<typeof pino.symbols.streamSym, Destination>;
	const stream = inside[pino.symbols.streamSym];
	inside[pino.symbols.streamSym] = guardedDestination(stream, {
		redact: redact === false ? undefined : withoutSecrets,
		prettify,
		onLine: otlp && !alreadySends(stream) ? logBridge(keys) : undefined,
		failed,
	});
	return logger as unknown as Logger<CustomLevels>;
}

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

/** Serializers, mixins and getters of what is logged run inside pino, and pino lets their errors out. */
function quietLogMethod(given: LogMethod | undefined): LogMethod {
	return function logMethod(parameters, method, level) {
		try {
			if (given === undefined) method.apply(this, parameters);
			else given.call(this, parameters, method, level);
		} catch (error) {
			failed(error);
		}
	};
}

function failed(error: unknown): void {
	telemetryFailed("pinoLogger", error);
}

export type { PinoLoggerOptions, Redaction };
