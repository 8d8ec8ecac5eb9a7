import type { Turn } from "./policy.ts";

/** What a file of `subject/limiter/` exports: makes a limiter of so many calls in a window of ten minutes. */
export interface LimiterSubject {
	readonly default: (limit: number) => Limiter;
}

export interface Limiter {
	/** Whether a key may call: true or false, or a promise that rejects where it may not. */
	consume(key: string): unknown;
	/** How many keys it keeps, where it can tell. */
	keys?(): number;
}

export const windowMs = 600_000;

/** Ten thousand keys in an order without a pattern. */
const keys = Array.from({ length: 10_000 }, (_, number) => `user-${number}`);
const order = Array.from({ length: 2 ** 16 }, (_, index) => keys[(index * 48_271) % keys.length] as string);
const enough = 1e9;

/** Each has a subject prove that it does what it is timed for, and gives the call to be timed. */
export const limiterDuties = {
	async "limit, allowed"(make: LimiterSubject["default"]): Promise<Turn> {
		const limiter = make(2);
		const answers = [await allowed(limiter), await allowed(limiter), await allowed(limiter)];
		if (answers.join() !== "true,true,false") throw new Error(`of three calls, two were allowed: ${answers}`);
		return turnOf(make(enough));
	},
	async "limit, refused"(make: LimiterSubject["default"]): Promise<Turn> {
		const limiter = make(1);
		for (const key of keys) await limiter.consume(key);
		if (await allowed(limiter)) throw new Error("a key was allowed twice");
		return turnOf(limiter);
	},
} as const;

function turnOf(limiter: Limiter): Turn {
	return (turn) => limiter.consume(order[turn & 65_535] as string);
}

async function allowed({ consume }: Limiter): Promise<boolean> {
	try {
		return (await consume(keys[0] as string)) !== false;
	} catch {
		return false;
	}
}
