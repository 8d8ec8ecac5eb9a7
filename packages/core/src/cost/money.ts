const perDollar = 1e10;

/**
 * Rounds to the price of one token at a ten-thousandth of a dollar for a million.
 *
 * Sums rounded after each step are the same in whatever order they are made, so that spans, reports and ledgers agree to
 * the last digit: up to half a million dollars, beyond which they are as good as a floating-point number is.
 */
export function roundUsd(usd: number): number {
	return Math.round(usd * perDollar) / perDollar;
}
