import type { Middleware } from "../middleware.ts";
import { middlewareClauses } from "./middleware-clauses.ts";

/** What the contract needs from a test runner, and what it must know of the layer. */
export interface MiddlewareContractOptions {
	/** Groups tests: of Vitest, Jest, Mocha or `node:test`. */
	readonly describe: (title: string, body: () => void) => unknown;
	/** Declares a test. */
	readonly it: (title: string, body: () => Promise<void>) => unknown;
	/** Names of the events that the layer documents. @default none */
	readonly events?: readonly string[];
}

/**
 * Declares the tests that every middleware must pass, in the test runner of the caller.
 *
 * The factory is called for each test anew and gives a layer set up to let calls through: no limit reached, no flag off.
 *
 * @example
 * import { describe, it } from "vitest";
 * middlewareContract("audit", () => audit({ sink }), { describe, it, events: ["audit.written"] });
 */
export function middlewareContract(name: string, factory: () => Middleware, options: MiddlewareContractOptions): void {
	options.describe(`${name} keeps the contract of middleware`, () => {
		for (const { title, check } of middlewareClauses) {
			options.it(title, () => check(factory, options.events ?? []));
		}
	});
}
