import { isError } from "./is-error.ts";

/** More parts than this are counted together: an author may name one after something of a request, against the advice below. */
const mostParts = 100;

const counts = new Map<string, number>();

/**
 * Counts a failure of telemetry itself, and warns about the first of each part.
 *
 * A sink, logger or exporter that breaks must not change what the user's code does, nor break in silence. `part` is a
 * fixed word; what varies (a name, an address) belongs into the error's message.
 *
 * @example
 * try { file.write(line); } catch (error) { telemetryFailed("jsonl sink", error); }
 */
export function telemetryFailed(part: string, error: unknown): void {
	const where = counts.has(part) || counts.size < mostParts ? part : "other parts";
	const before = counts.get(where) ?? 0;
	counts.set(where, before + 1);
	if (before > 0) return;
	let reason: string;
	try {
		reason = isError(error) ? `${error.name}: ${error.message}` : String(error);
	} catch {
		reason = "an error that cannot be shown";
	}
	warn(
		"FOOTLIGHT_TELEMETRY_FAILED",
		`${where} failed (${reason}); the call went on, further failures are only counted`,
	);
}

/** How often each part of telemetry has failed in this process, by the part's name. */
export function telemetryFailures(): ReadonlyMap<string, number> {
	return new Map(counts);
}

/** Prints one warning the way the platform does, and never throws; `node --disable-warning=CODE` silences it. */
export function warn(code: string, message: string): void {
	try {
		if (typeof process === "object" && typeof process.emitWarning === "function") {
			process.emitWarning(message, { type: "FootlightWarning", code });
		} else {
			console.warn(`[${code}] FootlightWarning: ${message}`);
		}
	} catch {
		// Nowhere is left to say it.
	}
}
