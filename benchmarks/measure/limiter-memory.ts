import type { LimiterSubject } from "../limiter.ts";

// `node --expose-gc limiter-memory.ts SUBJECT` prints {"ns", "bytes", "keys", "mb"}: what a first call of each of a million
// keys takes, what it leaves in memory, and what is kept after four million.
const [subject = ""] = process.argv.slice(2);
const { default: make }: LimiterSubject = await import(`../subject/limiter/${subject}.ts`);
const million = 1_000_000;

const before = used();
const limiter = make(60);
const started = performance.now();
await keysUntil(million);
const ns = ((performance.now() - started) * 1e6) / million;
const bytes = (used() - before) / million;
await keysUntil(4 * million);
const mb = (used() - before) / 2 ** 20;
const keys = limiter.keys?.();
console.log(JSON.stringify({ ns, bytes, mb, ...(keys !== undefined && { keys: keys / million }) }));
process.exit(0);

async function keysUntil(end: number): Promise<void> {
	for (let key = end === million ? 0 : million; key < end; key++) {
		const answer = limiter.consume(`user-${key}`);
		if (typeof answer !== "boolean") await answer;
	}
}

function used(): number {
	globalThis.gc?.();
	globalThis.gc?.();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
