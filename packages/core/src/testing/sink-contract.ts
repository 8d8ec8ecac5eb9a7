import type { MiddlewareContractOptions } from "./middleware-contract.ts";
import { type SinkUnderTest, sinkClauses } from "./sink-clauses.ts";

/** What the contract needs from a test runner. */
export type SinkContractOptions = Pick<MiddlewareContractOptions, "describe" | "it">;

/**
 * Declares the tests that every sink must pass, in the test runner of the caller.
 *
 * The factory is called for each test anew, and gives an empty sink with room for a few hundred events.
 *
 * @example
 * import { describe, it } from "vitest";
 * const factory = () => {
 *   const sink = recordingSink();
 *   return { sink, kept: () => sink.names, dropped: () => 0 };
 * };
 * sinkContract("audit sink", factory, { describe, it });
 */
export function sinkContract(
	name: string,
	factory: () => SinkUnderTest | Promise<SinkUnderTest>,
	options: SinkContractOptions,
): void {
	options.describe(`${name} keeps the contract of sinks`, () => {
		for (const { title, check } of sinkClauses) {
			options.it(title, async () => {
				const subject = await factory();
				try {
					await check(subject);
				} finally {
					await subject.end?.();
				}
			});
		}
	});
}
