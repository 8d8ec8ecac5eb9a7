import { type Clock, readNow } from "../clock.ts";
import type { BudgetAccount } from "./budget-account.ts";
import { roundUsd } from "./money.ts";

/** What one key has spent of a budget, in its window where it has one. */
export class Account implements BudgetAccount {
	/** True once somebody was told that the money is spent. */
	told = false;
	readonly #clock: Clock;
	readonly #windowMs: number;
	readonly #onSpent: (usd: number) => void;
	#spentUsd = 0;
	#windowStartMs: number;

	constructor(clock: Clock, windowMs: number, onSpent: (usd: number) => void) {
		this.#clock = clock;
		this.#windowMs = windowMs;
		this.#onSpent = onSpent;
		this.#windowStartMs = windowMs === Number.POSITIVE_INFINITY ? 0 : readNow(clock);
	}

	get spentUsd(): number {
		this.#turnWindow();
		return this.#spentUsd;
	}

	spend(usd: number): void {
		this.#turnWindow();
		this.#spentUsd = roundUsd(this.#spentUsd + usd);
		this.#onSpent(this.#spentUsd);
	}

	#turnWindow(): void {
		if (this.#windowMs === Number.POSITIVE_INFINITY) return;
		const elapsedMs = readNow(this.#clock) - this.#windowStartMs;
		if (elapsedMs < this.#windowMs) return;
		this.#windowStartMs += Math.floor(elapsedMs / this.#windowMs) * this.#windowMs;
		this.#spentUsd = 0;
		this.told = false;
	}
}

/** The accounts of one budget, by key; of too many the one unused for longest is forgotten. */
export class Accounts {
	readonly #byKey = new Map<string, Account>();
	readonly #byRun = new WeakMap<object, Account>();
	readonly #maxKeys: number;
	readonly #windowMs: number;
	#highestUsd = 0;

	constructor(maxKeys: number, windowMs: number) {
		this.#maxKeys = maxKeys;
		this.#windowMs = windowMs;
	}

	of(key: string, clock: Clock): Account {
		const known = this.#byKey.get(key);
		if (known !== undefined) this.#byKey.delete(key);
		else if (this.#byKey.size >= this.#maxKeys) this.#byKey.delete(this.#byKey.keys().next().value as string);
		const account = known ?? this.#open(clock);
		this.#byKey.set(key, account);
		return account;
	}

	/** The account of a run, which lives as long as the run. */
	ofRun(run: object, clock: Clock): Account {
		const account = this.#byRun.get(run) ?? this.#open(clock);
		this.#byRun.set(run, account);
		return account;
	}

	/** The most that any key has spent: now, or at any time since this was last asked. */
	takeHighestUsd(): number {
		const highest = this.#highestUsd;
		this.#highestUsd = 0;
		let current = 0;
		for (const { spentUsd } of this.#byKey.values()) current = Math.max(current, spentUsd);
		return Math.max(highest, current);
	}

	#open(clock: Clock): Account {
		return new Account(clock, this.#windowMs, (usd) => {
			this.#highestUsd = Math.max(this.#highestUsd, usd);
		});
	}
}
