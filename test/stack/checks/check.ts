import type { Stack } from "../stack.ts";

/** Thrown by a check that cannot be run here, with why: it has neither passed nor failed. */
export class NotRun extends Error {}

/** Looks at the stack; resolves to what it saw, in figures, and throws an Error that says what is wrong. */
export type Check = (stack: Stack) => Promise<string>;
