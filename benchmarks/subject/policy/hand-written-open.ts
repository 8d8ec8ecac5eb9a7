import type { Turn, Work } from "../../policy.ts";

/** The least that a refusal can be: one error for all, made beforehand. */
export default (work: Work): Turn => {
	const refusal = new Error("the breaker is open");
	let failures = 0;
	return async (value) => {
		if (failures >= 5) throw refusal;
		try {
			return await work(value);
		} catch (error) {
			failures++;
			throw error;
		}
	};
};
