import { warn } from "../telemetry-failure.ts";
import { KeyStates } from "./key-states.ts";
import { KeyTable } from "./key-table.ts";
import type { Policy } from "./policy.ts";

/** So often, some keys are looked at: each at least once in so many times. */
const sweepEveryMs = 1_000;
const sweepsInRound = 64;
/** A key that comes and goes within this need not be made anew each time. */
const idleForMs = 10_000;
/** So many keys are looked at to find one to forget. */
const candidates = 4;

/** The keys in memory: takes them in, has them use little room, and lets them go. */
export class KeyKeeper {
	readonly states: KeyStates;
	/** Keys that were forgotten for want of room while they still counted. */
	forgotten = 0;
	/** When it is time to look for idle keys again. */
	nextSweepMs: number = Number.NEGATIVE_INFINITY;
	readonly #name: string;
	readonly #maxKeys: number;
	readonly #table = new KeyTable();
	readonly #unscoped = this.#table.of(undefined) as Map<string, number>;

	constructor(name: string, maxKeys: number, policies: readonly Policy[]) {
		this.#name = name;
		this.#maxKeys = maxKeys;
		this.states = new KeyStates(policies);
	}

	get size(): number {
		return this.#table.size;
	}

	/** The block of a key; undefined where it has none. */
	find(key: string, scope: string | undefined): number | undefined {
		return scope === undefined ? this.#unscoped.get(key) : this.#table.of(scope)?.get(key);
	}

	/** Gives a key its first block. */
	admit(key: string, scope: string | undefined, policy: Policy, nowMs: number): number {
		if (this.#table.size >= this.#maxKeys) this.#makeRoom(nowMs);
		const handle = this.states.create(policy);
		this.#table.add(scope, key, handle);
		return handle;
	}

	/** Gives a key another block in place of the one it had. */
	replace(key: string, scope: string | undefined, handle: number): number {
		this.#table.of(scope)?.set(key, handle);
		return handle;
	}

	reset(key: string): void {
		for (const keys of this.#table.all()) this.#free(keys, key, keys.get(key));
	}

	freeIdle(nowMs: number): void {
		for (const keys of this.#table.all()) {
			for (const [key, handle] of keys) if (this.states.idleMs(handle) <= nowMs) this.#free(keys, key, handle);
		}
	}

	/** Frees some that have been idle for a while: some at a time, so that a million keys hold up no call for long. */
	sweep(nowMs: number): void {
		this.nextSweepMs = nowMs + sweepEveryMs;
		const looks = Math.ceil(this.#table.size / sweepsInRound);
		for (let looked = 0; looked < looks && this.#table.size > 0; looked++) {
			const { keys, key, handle } = this.#table.next();
			if (this.states.idleMs(handle) + idleForMs <= nowMs) this.#free(keys, key, handle);
		}
	}

	/** An idle key goes, or else one that would soon have been. */
	#makeRoom(nowMs: number): void {
		let soonestMs = Number.POSITIVE_INFINITY;
		let chosen: { readonly keys: Map<string, number>; readonly key: string; readonly handle: number } | undefined;
		for (let looked = 0; looked < candidates && soonestMs > nowMs; looked++) {
			const held = this.#table.next();
			const idleMs = this.states.idleMs(held.handle);
			if (idleMs >= soonestMs) continue;
			soonestMs = idleMs;
			chosen = { ...held };
		}
		if (chosen === undefined) return;
		this.#free(chosen.keys, chosen.key, chosen.handle);
		if (soonestMs > nowMs) this.#tellForgotten();
	}

	#tellForgotten(): void {
		if (this.forgotten++ > 0) return;
		warn(
			"FOOTLIGHT_RATE_LIMIT_FULL",
			`rate limit ${this.#name} has more than ${this.#maxKeys} keys in use: it forgets some, which then count afresh; raise maxKeys`,
		);
	}

	#free(keys: Map<string, number>, key: string, handle: number | undefined): void {
		if (handle === undefined) return;
		this.#table.remove(keys, key);
		this.states.release(handle);
	}
}
