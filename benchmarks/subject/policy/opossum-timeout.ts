import Opossum from "opossum";
import { type Turn, timeoutMs, type Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const breaker = new Opossum(work, { timeout: timeoutMs });
	return (value) => breaker.fire(value);
};
