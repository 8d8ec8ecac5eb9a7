import type { StageNode } from "./stage-node.ts";
import { type StreamReader, stepOf } from "./stream-reader.ts";

/** How many items the fastest reader may be ahead of the slowest. */
const capacity = 16;

type Step = IteratorResult<unknown, undefined>;

const done: Step = { done: true, value: undefined };

/**
 * One stream for several readers: each has all items, and the slowest sets the pace. Keeps only what somebody has yet to
 * read; a reader that has left holds nobody up.
 */
export class Tee {
	readonly branches: readonly TeeBranch[];
	readonly #node: StageNode;
	readonly #source: StreamReader;
	readonly #blocked: (change: 1 | -1) => void;
	/** The items that the slowest has not read; the first of them is number `#first` of the stream. */
	readonly #items: unknown[] = [];
	#first = 0;
	#end: { readonly error?: unknown; readonly failed: boolean } | undefined;
	#reading: Promise<void> | undefined;
	#waiting: (() => void)[] = [];

	/** @param blocked - told when a reader begins and ceases to wait for a slower one */
	constructor(node: StageNode, source: StreamReader, readers: number, blocked: (change: 1 | -1) => void) {
		this.#node = node;
		this.#source = source;
		this.#blocked = blocked;
		this.branches = Array.from({ length: readers }, () => new TeeBranch(this));
	}

	async step(branch: TeeBranch): Promise<Step> {
		for (;;) {
			if (branch.isOver) throw new Error("a shared stream was read after the stage that it was given to had ended");
			if (branch.hasLeft) return done;
			const offset = branch.position - this.#first;
			if (offset < this.#items.length) {
				const value = this.#items[offset];
				branch.position++;
				this.trim();
				return { done: false, value };
			}
			if (this.#end?.failed) throw this.#end.error;
			if (this.#end !== undefined) return done;
			if (this.#items.length >= capacity) {
				await this.#room();
				continue;
			}
			this.#reading ??= this.#read();
			await this.#reading;
		}
	}

	/** Forgets what all readers have had. */
	trim(): void {
		const readers = this.branches.filter((branch) => !branch.hasLeft);
		if (readers.length === 0) {
			if (this.#end === undefined) this.#source.cancel(undefined);
			this.#end ??= { failed: false };
		}
		const slowest = Math.min(...readers.map((branch) => branch.position), this.#first + this.#items.length);
		if (slowest > this.#first) {
			this.#items.splice(0, slowest - this.#first);
			this.#first = slowest;
		}
		if (this.#items.length < capacity) this.#wake();
	}

	/** Ends the stream for all readers with an error. */
	fail(error: unknown): void {
		this.#end ??= { failed: true, error };
		this.#wake();
	}

	/** Ends the stream though somebody may yet want to read it. */
	close(reason: unknown): void {
		this.fail(reason);
		this.#source.cancel(reason);
	}

	async #read(): Promise<void> {
		try {
			const step = stepOf(await this.#source.next(), this.#node);
			if (step.done) this.#end ??= { failed: false };
			else this.#items.push(step.value);
		} catch (error) {
			this.#end ??= { failed: true, error };
		}
		this.#reading = undefined;
	}

	async #room(): Promise<void> {
		this.#blocked(1);
		await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#blocked(-1);
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const wake of waiting) wake();
	}
}

/** One reader's share of a stream. */
export class TeeBranch implements AsyncIterableIterator<unknown, undefined> {
	position = 0;
	hasLeft = false;
	/** True once the stage that it was given to has ended. */
	isOver = false;
	readonly #tee: Tee;
	#last: Promise<unknown> = Promise.resolve();

	constructor(tee: Tee) {
		this.#tee = tee;
	}

	next(): Promise<Step> {
		const step = this.#last.then(() => this.#tee.step(this));
		this.#last = step.catch(() => {});
		return step;
	}

	async return(): Promise<Step> {
		this.hasLeft = true;
		this.#tee.trim();
		return done;
	}

	/** Detaches a reader that has no more right to read. */
	leave(): void {
		if (this.hasLeft) return;
		this.hasLeft = true;
		this.isOver = true;
		this.#tee.trim();
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
