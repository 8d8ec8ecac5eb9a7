import { rateLimiter } from "@footlight/core";
import type { Limiter } from "../../limiter.ts";

/** Three sliding windows decided together. */
export default (limit: number): Limiter => {
	const windows = { requestsPerMinute: limit, requestsPerHour: limit, requestsPerDay: limit, burstSize: 0 };
	const limiter = rateLimiter(windows);
	return { consume: (key) => limiter.consume(key).allowed, keys: () => limiter.trackedKeys };
};
