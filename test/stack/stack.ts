import { type Chain, startOnLoopback } from "../../stack/on-loopback.ts";
import type { ProfilePrograms, Programs } from "../../stack/programs.ts";
import { undone } from "../../stack/undone.ts";

/** A breaker is half open for no longer than a few calls take: the stack itself may look past one of them. */
export const scrapeIntervalMs = 500;

export type StackPrograms = Programs & ProfilePrograms;

/** The stack with the demo in it, in containers or without. */
export interface Stack extends Chain {
	/** The programs it runs, for checks that want a validator; undefined where they are in containers. */
	readonly programs: StackPrograms | undefined;
	/** Has something a check has started end with the stack, whatever happens; it may have ended before. */
	endsWith(end: () => Promise<void>): void;
}

/** Starts Jaeger, every Prometheus there is, and the demo, hands them to `use`, and ends them whatever happens there. */
export async function withStack<T>(programs: StackPrograms, use: (stack: Stack) => Promise<T>): Promise<T> {
	return undone(async (ends) => {
		const { jaeger, prometheus } = programs;
		const chain = await startOnLoopback(ends, { jaeger, prometheus, scrapeIntervalMs });
		return await use({ ...chain, programs, endsWith: (end) => ends.defer(end) });
	});
}
