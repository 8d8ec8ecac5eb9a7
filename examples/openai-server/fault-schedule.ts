/** What goes wrong with one request. */
export type Fault =
	| { readonly kind: "rate_limit"; readonly retryAfterSeconds: number }
	| { readonly kind: "server_error" }
	/** The answer has no words, and is billed all the same. */
	| { readonly kind: "empty" }
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

/**
 * What one pass of the demo meets: requests that another attempt answers (2, 4, 6, 9), an answer that breaks off (8), and
 * an outage that lasts for two calls of three attempts each (11 to 16). Most answers are good.
 */
export const demoFaults: FaultSchedule = repeatEvery(19, {
	2: { kind: "server_error" },
	4: { kind: "rate_limit", retryAfterSeconds: 1 },
	6: { kind: "empty" },
	8: { kind: "cut", afterWords: 12 },
	9: { kind: "slow", delayMs: 5_000 },
	...Object.fromEntries([11, 12, 13, 14, 15, 16].map((request) => [request, { kind: "server_error" }] as const)),
});
