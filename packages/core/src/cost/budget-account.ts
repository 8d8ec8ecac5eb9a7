/** Keeps account of what is spent of a budget. */
export interface BudgetAccount {
	/** Takes a charge of a call it pays for. */
	spend(usd: number): void;
}
