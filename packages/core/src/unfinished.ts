import type { Scope } from "./scope.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

/**
 * Something that a layer has begun for a call and accounts for when it ends: an attempt, or all of them.
 *
 * It may be given up before: what it gives later reaches nobody, and where it hangs nothing would ever be known of it.
 */
export interface Unfinished {
	/** That of a layer further out around the same call. */
	outer: Unfinished | undefined;
	/** Accounts for it as ended by what the call was given up with; its work goes on as it would. */
	giveUp(error: unknown): void;
}

/** @param beside - what it goes on beside, where that is the same layer's: neither is inside of the other */
export function begins(scope: Scope, unfinished: Unfinished, beside?: Unfinished): void {
	if (beside === undefined) {
		unfinished.outer = scope.unfinished;
		scope.unfinished = unfinished;
	} else {
		unfinished.outer = beside.outer;
		beside.outer = unfinished;
	}
}

/** It has ended; nothing happens where it was given up before. */
export function ends(scope: Scope, unfinished: Unfinished): void {
	let inner: Unfinished | undefined;
	for (let one = scope.unfinished; one !== undefined; inner = one, one = one.outer) {
		if (one !== unfinished) continue;
		if (inner === undefined) scope.unfinished = one.outer;
		else inner.outer = one.outer;
		return;
	}
}

/** Gives up what goes on for a call, innermost first. @param around - what is further out than who gives up */
export function giveUpInside(scope: Scope, around: Unfinished | undefined, error: unknown): void {
	const inside: Unfinished[] = [];
	let one = scope.unfinished;
	for (; one !== undefined && one !== around; one = one.outer) inside.push(one);
	// What is around has ended before, and all inside of it with it.
	if (one !== around) return;
	for (const unfinished of inside) {
		try {
			unfinished.giveUp(error);
		} catch (failure) {
			telemetryFailed("attempt", failure);
		}
		ends(scope, unfinished);
	}
}
