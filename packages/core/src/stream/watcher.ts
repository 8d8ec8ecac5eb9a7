/**
 * Hears how a result ends, whatever kind it is.
 *
 * A result may have several pieces (a promise that gives a stream, branches of a `tee`): `opened` announces one, and
 * `settled`, `cancelled`, `failed` or `released` ends one; the call ends with the last, or with the first that fails.
 */
export interface ResultWatcher {
	readonly ended: boolean;
	/** Runs a step of the result in the context of the call that made it. */
	run<A, R>(step: (argument: A) => R, argument: A): R;
	/** A piece was handed outward that will end later. */
	opened(): void;
	/** A piece is done that only led to others: a promise that gave a stream. */
	released(value?: unknown): void;
	/** A piece was read to its end. */
	settled(value?: unknown): void;
	/** The consumer no longer wants a piece. */
	cancelled(): void;
	failed(error: unknown): void;
	/** A stream is there: items count from now on, even if none comes. */
	countItems(): void;
	item(item: unknown): void;
}
