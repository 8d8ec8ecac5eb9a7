/**
 * Hears how a result ends, whatever kind it is.
 *
 * A result may have several pieces (a promise and the stream it gives): `opened` announces one, and `settled`,
 * `cancelled`, `failed` or `released` ends one; the call ends with the last, or with the first that fails.
 */
export interface ResultWatcher {
	readonly ended: boolean;
	/** True when nobody wants to know how the result ends; its steps still run in the call's context. */
	readonly unwatched?: boolean;
	/** True when promises have no members of their own to look for. */
	readonly givesFreshPromises?: boolean;
	/** Runs a step of the result in the context of the call that made it. */
	run<A, R>(step: (argument: A) => R, argument: A): R;
	/** True where the code that runs now belongs to the call. */
	isActive(): boolean;
	/** A piece was handed outward that will end later; `inUse` tells whether somebody listens to it without asking. */
	opened(inUse?: () => boolean): void;
	/** A piece is done that only led to others: a promise that gave a stream. */
	released(value?: unknown): void;
	/** A piece was read to its end. */
	settled(value?: unknown): void;
	/** The consumer no longer wants a piece. */
	cancelled(): void;
	/** The result was left lying: nobody can read on at all. */
	unreachable(): void;
	failed(error: unknown): void;
	/** Ends the call whatever its result does. */
	abandon(): void;
	/** The consumer begins to wait for something; until it is `answered`, the result is not left lying. */
	awaiting(): void;
	answered(): void;
	/** A stream is there: items count from now on, even if none comes. */
	countItems(): void;
	item(item: unknown): void;
}
