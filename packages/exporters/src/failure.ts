/** What one exporter has failed at so far: the first failure is said, all are counted. */
export interface Failures {
	readonly count: number;
	add(error: unknown): void;
}

/** Counts failures of an exporter, and warns about the first: it must not change the user's outcome, nor break in silence. */
export function failuresOf(where: string): Failures {
	let count = 0;
	return {
		get count() {
			return count;
		},
		add(error) {
			count += 1;
			if (count > 1) return;
			try {
				const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
				process.emitWarning(`${where} failed (${reason}); the program goes on, further failures are only counted`, {
					type: "FootlightWarning",
					code: "FOOTLIGHT_TELEMETRY_FAILED",
				});
			} catch {
				// Nowhere is left to say it.
			}
		},
	};
}
