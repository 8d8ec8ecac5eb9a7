import Opossum from "opossum";
import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const breaker = new Opossum(work, { timeout: false });
	return (value) => breaker.fire(value);
};
