/** Bytes of a segment that are done with, and how many records they held. */
export interface SettledRange {
	readonly start: number;
	readonly end: number;
	readonly count: number;
}

/** What of a segment is settled: everything up to a mark, and ranges beyond it. */
export class SettledRanges {
	/** Everything below is settled. */
	mark = 0;
	/** Records below the mark. */
	countBelowMark = 0;
	/** All that are settled. */
	count = 0;
	readonly #beyond = new Map<number, SettledRange>();

	/** Ranges do not overlap. */
	add(range: SettledRange): void {
		this.count += range.count;
		// Records that are missed, and it is not known where.
		if (range.start === range.end) return;
		if (range.start !== this.mark) {
			this.#beyond.set(range.start, range);
			return;
		}
		this.#advance(range);
		for (let next = this.#beyond.get(this.mark); next !== undefined; next = this.#beyond.get(this.mark)) {
			this.#beyond.delete(this.mark);
			this.#advance(next);
		}
	}

	#advance({ end, count }: SettledRange): void {
		this.mark = end;
		this.countBelowMark += count;
	}

	/** The range beyond the mark that begins here. */
	at(start: number): SettledRange | undefined {
		return this.#beyond.get(start);
	}

	/** Where the first range after a place begins, or the limit. */
	nextStart(after: number, limit: number): number {
		let first = limit;
		for (const start of this.#beyond.keys()) if (start > after && start < first) first = start;
		return first;
	}
}
