import type { Turn, Work } from "../../policy.ts";

/** Both as one writes them by hand: three attempts, five failures in a row. */
export default (work: Work): Turn => {
	let failures = 0;
	let openUntilMs = 0;

	async function retried(value: number): Promise<unknown> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await work(value);
			} catch (error) {
				if (attempt >= 3) throw error;
				await new Promise((resolve) => setTimeout(resolve, 2 ** attempt));
			}
		}
	}

	return async (value) => {
		if (openUntilMs !== 0 && performance.now() < openUntilMs) throw new Error("the breaker is open");
		try {
			const result = await retried(value);
			failures = 0;
			openUntilMs = 0;
			return result;
		} catch (error) {
			if (++failures >= 5) openUntilMs = performance.now() + 10_000;
			throw error;
		}
	};
};
