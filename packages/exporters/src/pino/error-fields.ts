import { pino } from "pino";

/**
 * An error as pino writes it. A DOMException (a timeout or an abort of AbortSignal) goes by its name, as it does in
 * spans: all of them share one class, whose prototype would bring its 25 constants into every line.
 */
export function errorFields(error: unknown): unknown {
	const fields: unknown = pino.stdSerializers.err(error as Error);
	if (!(error instanceof DOMException)) return fields;
	const { message, stack } = fields as ReturnType<typeof pino.stdSerializers.err>;
	return { type: error.name, message, stack, code: error.code };
}
