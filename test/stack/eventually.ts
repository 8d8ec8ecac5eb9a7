import { setTimeout as wait } from "node:timers/promises";

const pollMs = 500;

/** What a probe found, or in words what it still misses. */
export type Probed<T> = { readonly found: T } | { readonly missing: string };

/** Asks again and again until a probe has found what it looks for; rejects with what is missing when the time is over. */
export async function eventually<T>(withinMs: number, probe: () => Promise<Probed<T>>): Promise<T> {
	const endMs = performance.now() + withinMs;
	for (;;) {
		const result = await probe();
		if ("found" in result) return result.found;
		if (performance.now() > endMs) throw new Error(`not within ${withinMs / 1_000} s: ${result.missing}`);
		await wait(pollMs);
	}
}
