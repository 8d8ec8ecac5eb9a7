import { writeSync } from "node:fs";

/** As core's `warn`, for a process that is ending and will not get round to a later turn of the event loop. */
export function warnAtExit(code: string, message: string): void {
	try {
		writeSync(2, `(node:${process.pid}) [${code}] FootlightWarning: ${message}\n`);
	} catch {
		// stderr is closed or full.
	}
}
