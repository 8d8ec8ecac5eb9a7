/** What goes wrong with one request. */
export type Fault =
	| { readonly kind: "rate_limit"; readonly retryAfterSeconds: number }
	| { readonly kind: "server_error" }
	/** The first word comes late. */
	| { readonly kind: "slow"; readonly delayMs: number }
	/** The connection is lost after some words. */
	| { readonly kind: "cut"; readonly afterWords: number };

/** Says what goes wrong with a request, by its number; the first is 1. The same number always gets the same answer. */
export type FaultSchedule = (requestNumber: number) => Fault | undefined;

/**
 * Makes a schedule that starts over after so many requests.
 *
 * @example repeatEvery(10, { 3: { kind: "server_error" } }) // fails request 3, 13, 23 ...
 */
export function repeatEvery(requests: number, faults: Readonly<Record<number, Fault>>): FaultSchedule {
	if (!Number.isInteger(requests) || requests < 1) {
		throw new RangeError(`repeatEvery: requests must be a positive integer, got ${requests}`);
	}
	return (requestNumber) => faults[((requestNumber - 1) % requests) + 1];
}

/** One fault of each kind in 13 requests: enough to see them all in one pass of the demo, and most answers are good. */
export const demoFaults: FaultSchedule = repeatEvery(13, {
	4: { kind: "rate_limit", retryAfterSeconds: 2 },
	7: { kind: "server_error" },
	9: { kind: "slow", delayMs: 1_200 },
	11: { kind: "cut", afterWords: 12 },
});
