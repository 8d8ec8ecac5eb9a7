import type { Definition } from "../call.ts";
import { isError } from "../is-error.ts";
import { checkLogger, isEnabled, type Logger, type LogLevel, logLevels, writeLine } from "../logger.ts";
import type { Observation, Observer } from "../observation.ts";
import { knownOptions, oneOf, ratio } from "../option.ts";
import { errorType, isFailure, type Outcome } from "../outcome.ts";
import { messageOf, stackOf } from "./exception.ts";

/** Options of `logging()`. */
export interface LoggingOptions {
	/** Logger to write to. @default the `logger` of `footlight(name, { logger })` */
	readonly logger?: Logger;
	/** Level of the line when a call starts. @default "debug" */
	readonly startLevel?: LogLevel;
	/** Level of the line when a call ends, by its outcome. @default info; error, timeout and rejected are error; fallback is warn */
	readonly levels?: Partial<Record<Outcome, LogLevel>>;
	/** Fraction of successful calls that are logged, 0 to 1; calls of one trace are kept or left out together. @default 1 */
	readonly successSampleRatio?: number;
}

const defaultLevels: Record<Outcome, LogLevel> = {
	ok: "info",
	skipped: "info",
	fallback: "warn",
	interrupted: "info",
	cancelled: "info",
	timeout: "error",
	rejected: "error",
	error: "error",
};

export const loggingOptions: readonly string[] = ["logger", "startLevel", "levels", "successSampleRatio"];

export function logLines(where: string, options: LoggingOptions): (definition: Definition) => Observer | undefined {
	const { startLevel = "debug", successSampleRatio = 1 } = options;
	oneOf(`${where}: startLevel`, startLevel, logLevels);
	ratio(`${where}: successSampleRatio`, successSampleRatio);
	if (options.logger !== undefined) checkLogger(`${where}: logger`, options.logger);
	knownOptions(`${where}: levels`, options.levels, Object.keys(defaultLevels));
	for (const [outcome, level] of Object.entries(options.levels ?? {}))
		oneOf(`${where}: levels.${outcome}`, level, logLevels);
	const levels = { ...defaultLevels, ...options.levels };
	return (definition) => {
		const logger = options.logger ?? definition.pipeline.logger;
		if (logger === undefined) return undefined;
		const noun = definition.kind === "run" ? "run" : "stage";
		const started = `${noun} ${definition.name} started`;
		const endedAs = (outcome: Outcome) => `${noun} ${definition.name} ${outcome}`;
		const ended = endedAs("ok");
		return {
			begin({ scope, startMs: _timed }) {
				if (isEnabled(logger, startLevel)) writeLine(logger, startLevel, scope.fields(), started);
				return true;
			},
			end(observation) {
				const { outcome } = observation;
				const level = levels[outcome];
				if (!isEnabled(logger, level)) return;
				if (outcome === "ok" && successSampleRatio < 1 && !isSampled(observation, successSampleRatio)) return;
				writeLine(logger, level, endFields(observation), outcome === "ok" ? ended : endedAs(outcome));
			},
		};
	};
}

function endFields({ call, scope, outcome, error, stream, startMs, endMs, ownsError }: Observation): object {
	const fields = scope.fields();
	fields.outcome = outcome;
	fields.duration_ms = endMs - startMs;
	if (call.kind !== "run" && call.kind !== "stage") fields["stage.kind"] = call.kind;
	if (call.attempt > 1) fields["retry.attempt"] = call.attempt;
	if (stream?.abandoned) fields["stream.abandoned"] = true;
	if (stream?.itemCount !== undefined) {
		fields["stream.item_count"] = stream.itemCount;
		if (stream.itemCount > 0) fields["stream.time_to_first_item_ms"] = stream.firstItemMs - startMs;
	}
	if (isFailure(outcome) || (outcome === "fallback" && error !== undefined)) {
		fields["error.type"] = errorType(error);
		// Further out the type is enough: the error with its stack stands once, where it surfaced.
		if (ownsError) return { ...fields, err: loggable(error, call.definition.pipeline.capture.redact) };
	}
	return fields;
}

function loggable(error: unknown, redact: ((text: string) => string) | undefined): unknown {
	if (redact === undefined && isError(error)) return error;
	const stack = stackOf(error, redact);
	const type = errorType(error);
	// Without a prototype: pino's serializer takes the type of what looks like an error from its class, else from its name.
	return Object.assign(Object.create(null), {
		type,
		name: type,
		message: messageOf(error, redact),
		...(stack !== undefined && { stack }),
	});
}

/** The last 7 bytes of a trace id are random (W3C trace context, level 2): all services and stages agree on them. */
function isSampled({ scope }: Observation, sampleRatio: number): boolean {
	const traceId = scope.spanContext?.traceId;
	const share = traceId === undefined ? Math.random() : Number.parseInt(traceId.slice(-12), 16) / 2 ** 48;
	return share < sampleRatio;
}
