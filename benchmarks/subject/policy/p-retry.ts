import pRetry from "p-retry";
import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const options = { retries: 2, minTimeout: 1 };
	return (value) => pRetry(() => work(value), options);
};
