import type { Turn, Work } from "../../policy.ts";

/** An error for each refusal, as most write it. */
export default (work: Work): Turn => {
	let failures = 0;
	return async (value) => {
		if (failures >= 5) throw new Error("the breaker is open");
		try {
			return await work(value);
		} catch (error) {
			failures++;
			throw error;
		}
	};
};
