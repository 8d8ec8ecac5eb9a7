import { end } from "./consumers.ts";
import type { Flow } from "./flow.ts";

/**
 * Takes items one by one until the end; what is left when the loop is left stays for others.
 *
 * @param left - called when the loop is left before the end
 */
export function iterationOf<T>(flow: Flow<T>, left: () => void): AsyncIterableIterator<T, undefined, undefined> {
	let isOver = false;
	const iterator: AsyncIterableIterator<T, undefined, undefined> = {
		next: () => (isOver ? Promise.resolve(end) : flow.step(iterator)),
		return: async () => {
			isOver = true;
			flow.leave(iterator);
			left();
			return end;
		},
		[Symbol.asyncIterator]: () => iterator,
	};
	return iterator;
}
