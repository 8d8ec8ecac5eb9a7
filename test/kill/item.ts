/** What the producer emits: its number among all of its key, later runs above earlier ones. */
export interface Item {
	readonly key: string;
	readonly number: number;
	readonly text: string;
}

export const orderKeys = ["ada", "bob", "cyd", "dan", "eve"] as const;

/** So many numbers each run has for each key. */
export const numbersOfRun = 1_000_000;
