/** What goes wrong with one request. */
export type Fault =
	| { readonly kind: "rate_limit"; readonly retryAfterSeconds: number }
	| { readonly kind: "server_error" }
	/** The answer has no words, and is billed all the same. */
	| { readonly kind: "empty" }
	/** The first word comes late. */
	| { readonly kind: "slow"; readonly delayMs: number }
	/** Nothing comes for a while, after some words. */
	| { readonly kind: "stall"; readonly afterWords: number; readonly delayMs: number }
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
 * What one pass of the demo meets: requests that another attempt answers (2, 4, 6, 9), an answer that stalls (3), one that
 * breaks off (8), and from 11 on an outage, which lasts for two calls of three attempts each. Most answers are good.
 *
 * @param readers - so many who ask at the same time; the outage is longer by as much, or it would not stop anybody
 */
export function demoFaultsFor(readers: number): FaultSchedule {
	const firstOut = 11;
	// However the good ends of answers that were under way fall between them, two calls fail one after the other.
	const outage = 3 * (readers + 1);
	const goodAfter = 4 + 12 * (readers - 1);
	const out = Array.from({ length: outage }, (_, index) => [firstOut + index, { kind: "server_error" }] as const);
	return repeatEvery(firstOut - 1 + outage + goodAfter, {
		2: { kind: "server_error" },
		3: { kind: "stall", afterWords: 15, delayMs: 200 },
		4: { kind: "rate_limit", retryAfterSeconds: 1 },
		6: { kind: "empty" },
		8: { kind: "cut", afterWords: 12 },
		9: { kind: "slow", delayMs: 5_000 },
		...Object.fromEntries(out),
	});
}

/** The schedule for a reader who is alone. */
export const demoFaults: FaultSchedule = demoFaultsFor(1);
