import { createRequire } from "node:module";
import { wantsColors } from "../color-support.ts";

/** Turns a line into text for people. */
export type Prettify = (line: string) => string | undefined;

interface PinoPretty {
	prettyFactory(options: object): Prettify;
}

/** pino-pretty's formatter, called in place: its stream would write later, and lose lines when the process exits. */
export function prettifier(
	wanted: boolean | "auto",
	destination: { readonly isTTY?: boolean | undefined },
	keys: { readonly messageKey: string; readonly errorKey: string },
): Prettify | undefined {
	if (wanted === false || (wanted === "auto" && destination.isTTY !== true)) return undefined;
	const pretty = load();
	if (pretty === undefined) {
		if (wanted === "auto") return undefined;
		throw new TypeError("pinoLogger: pretty is true, but pino-pretty is not installed; run `npm install pino-pretty`");
	}
	return pretty.prettyFactory({
		colorize: wantsColors(destination),
		messageKey: keys.messageKey,
		errorLikeObjectKeys: [keys.errorKey, "error"],
		// The tree of the run tells the ids once; on every line they would drown the message.
		ignore: "pid,hostname,trace_id,span_id,trace_flags",
		singleLine: true,
		translateTime: "SYS:HH:MM:ss.l",
	});
}

function load(): PinoPretty | undefined {
	try {
		return createRequire(import.meta.url)("pino-pretty");
	} catch {
		return undefined;
	}
}
