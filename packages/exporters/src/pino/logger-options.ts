import {
	booleanOrAuto,
	knownOptions,
	optionalBoolean,
	optionalFunction,
	optionalString,
	refuse,
} from "@footlight/core/option";
import { type DestinationStream, type LoggerOptions, pino } from "pino";
import type { Redaction } from "./redaction.ts";

/** Options of pinoLogger: pino's own, and those it adds or widens. */
export interface PinoLoggerOptions<CustomLevels extends string = never>
	extends Omit<LoggerOptions<CustomLevels>, "browser" | "redact" | "transport"> {
	/** A stream, a file, a file descriptor, or `pino.transport(...)`. @default stdout */
	readonly destination?: DestinationStream | string | number;
	/** Also sends each line through the OpenTelemetry Logs API, which does nothing until a provider is registered. @default true */
	readonly otlp?: boolean;
	/** Text for people instead of JSON, by pino-pretty; `"auto"` only on a terminal, and only if pino-pretty is installed. @default "auto" */
	readonly pretty?: boolean | "auto";
	/** Paths to redact, in pino's syntax, beside the keys that name secrets by themselves; `false` redacts nothing at all. */
	readonly redact?: Redaction | false;
}

const where = "pinoLogger";
const addedOptions = ["destination", "otlp", "pretty", "redact"] as const;

/** The options of pino that are passed on; a type below holds them against pino's own. */
const passedOptions = [
	"name",
	"level",
	"levelVal",
	"levelComparison",
	"customLevels",
	"useOnlyCustomLevels",
	"depthLimit",
	"edgeLimit",
	"mixin",
	"mixinMergeStrategy",
	"hooks",
	"formatters",
	"serializers",
	"msgPrefix",
	"base",
	"enabled",
	"crlf",
	"timestamp",
	"messageKey",
	"errorKey",
	"nestedKey",
	"onChild",
	"safe",
] as const;

type Passed = (typeof passedOptions)[number] | (typeof addedOptions)[number];
type Missing = Exclude<keyof PinoLoggerOptions, Passed>;
const allOptions: [Missing] extends [never] ? readonly string[] : Missing = [...addedOptions, ...passedOptions];

/** Refuses what the logger cannot take, pino's own options as far as pino would refuse them in other words. */
export function checkLoggerOptions(options: unknown): void {
	if (typeof options === "object" && options !== null && "transport" in options) {
		throw new TypeError(
			`${where}: unknown option "transport"; pass the transport as destination: pino.transport({ ... })`,
		);
	}
	knownOptions(where, options, allOptions);
	const { name, otlp, pretty, mixin, ...rest } = options as Readonly<Record<string, unknown>>;
	optionalString(`${where}: name`, name);
	optionalBoolean(`${where}: otlp`, otlp);
	if (pretty !== undefined) booleanOrAuto(`${where}: pretty`, pretty);
	optionalFunction(`${where}: mixin`, mixin);
	checkLevel(rest);
	checkDestination(rest.destination);
	checkRedact(rest.redact);
}

function checkLevel({ level, customLevels, useOnlyCustomLevels }: Readonly<Record<string, unknown>>): void {
	if (level === undefined) return;
	const standard = useOnlyCustomLevels === true ? [] : Object.keys(pino.levels.values);
	const levels = [...standard, ...Object.keys(customLevels ?? {}), "silent"];
	const expected = `one of ${levels.join(", ")}`;
	if (typeof level !== "string") refuse(TypeError, `${where}: level`, expected, level);
	if (!levels.includes(level) && !standard.includes(level.toLowerCase()))
		refuse(RangeError, `${where}: level`, expected, level);
}

function checkDestination(destination: unknown): void {
	const expected = "a stream, a file or a file descriptor";
	if (destination === undefined || typeof (destination as Partial<DestinationStream> | null)?.write === "function")
		return;
	if (typeof destination !== "string" && typeof destination !== "number") {
		refuse(TypeError, `${where}: destination`, expected, destination);
	}
	if (destination === "" || (typeof destination === "number" && !(Number.isInteger(destination) && destination > 0))) {
		refuse(RangeError, `${where}: destination`, expected, destination);
	}
}

function checkRedact(redact: unknown): void {
	if (redact === undefined || redact === false) return;
	const paths: unknown = Array.isArray(redact) ? redact : (redact as { paths?: unknown } | null)?.paths;
	if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string")) {
		refuse(TypeError, `${where}: redact`, "false, an array of paths, or an object with such an array", redact);
	}
}
