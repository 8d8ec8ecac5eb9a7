/** The stage that every subject wraps: it awaits once and gives back what it was given. */
export async function work(value: number): Promise<number> {
	await undefined;
	return value;
}

export type Stage = (value: number) => Promise<unknown>;

/** What a file of `subject/stage/` exports. */
export interface Subject {
	readonly default: Stage;
	/** How many calls its metrics have seen, by what they count; one that misses any is no rival. */
	recorded?(): Promise<Readonly<Record<string, number>>>;
}
