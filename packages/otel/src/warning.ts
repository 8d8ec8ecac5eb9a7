import { writeSync } from "node:fs";

export type WarningCode =
	| "FOOTLIGHT_EXPORT_FAILED"
	| "FOOTLIGHT_EXPORT_RECOVERED"
	| "FOOTLIGHT_TELEMETRY_STARTED_TWICE"
	| "FOOTLIGHT_FOREIGN_PROVIDER"
	| "FOOTLIGHT_TELEMETRY_FAILED"
	| "FOOTLIGHT_UNSUPPORTED_EXPORTER";

/** Prints one warning the way the platform does; `node --disable-warning=CODE` silences it. */
export function warn(code: WarningCode, message: string): void {
	try {
		process.emitWarning(message, { type: "FootlightWarning", code });
	} catch {
		// Nowhere is left to say it.
	}
}

/** As {@link warn}, for a process that is ending and will not get round to a later turn of the event loop. */
export function warnAtExit(code: WarningCode, message: string): void {
	try {
		writeSync(2, `(node:${process.pid}) [${code}] FootlightWarning: ${message}\n`);
	} catch {
		// stderr is closed or full.
	}
}
