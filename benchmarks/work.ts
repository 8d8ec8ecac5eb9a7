/** The stage that every subject wraps: it awaits once and gives back what it was given. */
export async function work(value: number): Promise<number> {
	await undefined;
	return value;
}

export type Stage = (value: number) => Promise<number>;
