import type { Stack } from "../stack.ts";

/** Looks at the stack; resolves to what it saw, in figures, and throws an Error that says what is wrong. */
export type Check = (stack: Stack) => Promise<string>;
