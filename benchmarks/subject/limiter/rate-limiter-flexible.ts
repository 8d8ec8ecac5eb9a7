import { RateLimiterMemory } from "rate-limiter-flexible";
import { type Limiter, windowMs } from "../../limiter.ts";

export default (limit: number): Limiter => {
	const limiter = new RateLimiterMemory({ points: limit, duration: windowMs / 1_000 });
	return { consume: (key) => limiter.consume(key) };
};
