/** Waits for work at most so long; resolves to false when time ran out, and never rejects. */
export async function within(deadlineMs: number, work: Promise<unknown>): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const expiry = new Promise<false>((resolve) => {
		timer = setTimeout(resolve, deadlineMs, false);
	});
	const done = work.then(
		() => true,
		() => true,
	);
	try {
		return await Promise.race([done, expiry]);
	} finally {
		clearTimeout(timer);
	}
}
