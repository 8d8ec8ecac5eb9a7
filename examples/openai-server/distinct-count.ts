export interface DistinctCount {
	add(id: string): void;
	read(): number;
}

/** Counts different ids; one that comes again after so many others counts as another. */
export function distinctCount(maxRemembered = 10_000): DistinctCount {
	const remembered = new Set<string>();
	let count = 0;
	return {
		add(id) {
			if (remembered.has(id)) return;
			count += 1;
			remembered.add(id);
			for (const oldest of remembered) {
				if (remembered.size <= maxRemembered) break;
				remembered.delete(oldest);
			}
		},
		read: () => count,
	};
}
