import { TimeoutStrategy, timeout } from "cockatiel";
import { type Turn, timeoutMs, type Work } from "../../policy.ts";

export default (work: Work): Turn => {
	const policy = timeout(timeoutMs, TimeoutStrategy.Aggressive);
	return (value) => policy.execute(() => work(value));
};
