import Opossum from "opossum";
import pRetry from "p-retry";
import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const breaker = new Opossum((value: number) => pRetry(() => work(value), { retries: 2, minTimeout: 1 }), {
		timeout: false,
	});
	return (value) => breaker.fire(value);
};
