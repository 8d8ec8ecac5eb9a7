import { rateLimiter } from "@footlight/core";
import { type Limiter, windowMs } from "../../limiter.ts";

/** One sliding window. */
export default (limit: number): Limiter => {
	const limiter = rateLimiter({ windows: [{ name: "window", limit, windowMs }] });
	return { consume: (key) => limiter.consume(key).allowed, keys: () => limiter.trackedKeys };
};
