import { ConsecutiveBreaker, ConstantBackoff, circuitBreaker, handleAll, retry, wrap } from "cockatiel";
import type { Turn, Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const policy = wrap(
		circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
		retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(1) }),
	);
	return (value) => policy.execute(() => work(value));
};
