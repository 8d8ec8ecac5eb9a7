/** Makes a function that lets at most so many jobs run at a time; the others wait in line. */
export function limit(most: number): <T>(job: () => Promise<T>) => Promise<T> {
	let running = 0;
	const waiting: (() => void)[] = [];
	return async (job) => {
		if (running < most) running++;
		else await new Promise<void>((begin) => waiting.push(begin));
		try {
			return await job();
		} finally {
			const next = waiting.shift();
			// The place is handed on.
			if (next === undefined) running--;
			else next();
		}
	};
}
