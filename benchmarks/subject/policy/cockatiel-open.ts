import { ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";
import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const policy = circuitBreaker(handleAll, { halfOpenAfter: 1e9, breaker: new ConsecutiveBreaker(5) });
	return (value) => policy.execute(() => work(value));
};
