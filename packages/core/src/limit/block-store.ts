const pageShift = 13;
/** Every block lies within a page. */
const pageCells = 2 ** pageShift;
const smallestBlockShift = 3;
const offsetMask = pageCells - 2 ** smallestBlockShift;
const classMask = 2 ** smallestBlockShift - 1;

/** Sizes of blocks, by class: 8, 16, 32 … 1024 numbers. */
export const blockSizes: readonly number[] = [8, 16, 32, 64, 128, 256, 512, 1024];

/**
 * Blocks of numbers in a few large arrays: a million keys are no million objects for the garbage collector.
 *
 * A block's handle is its position, a multiple of 8, with its class in the low three bits.
 */
export class BlockStore {
	/** The arrays: the one of a block stands at {@link pageOf} its handle. */
	readonly pages: Float64Array[] = [];
	/** By class: where the next block that was never given begins, in a page of that class. */
	readonly #next = new Int32Array(blockSizes.length);
	/** By class: handle of a released block, which holds that of the next; -1 where there is none. */
	readonly #released = new Int32Array(blockSizes.length).fill(-1);
	#live = 0;

	/** Gives a block whose numbers are whatever they were. */
	allocate(blockClass: number): number {
		this.#live++;
		const released = this.#released[blockClass] as number;
		if (released >= 0) {
			this.#released[blockClass] = (this.pages[pageOf(released)] as Float64Array)[offsetOf(released)] as number;
			return released;
		}
		let position = this.#next[blockClass] as number;
		if (position % pageCells === 0) {
			position = this.pages.length * pageCells;
			this.pages.push(new Float64Array(pageCells));
		}
		this.#next[blockClass] = position + (blockSizes[blockClass] as number);
		return position + blockClass;
	}

	release(handle: number): void {
		const blockClass = classOf(handle);
		(this.pages[pageOf(handle)] as Float64Array)[offsetOf(handle)] = this.#released[blockClass] as number;
		this.#released[blockClass] = handle;
		if (--this.#live > 0) return;
		this.pages.length = 0;
		this.#next.fill(0);
		this.#released.fill(-1);
	}
}

export function classOf(handle: number): number {
	return handle & classMask;
}

export function pageOf(handle: number): number {
	return handle >>> pageShift;
}

/** Where a block begins in its array. */
export function offsetOf(handle: number): number {
	return handle & offsetMask;
}
