import type { Scope } from "../scope.ts";

/** Looks at the clock for every run around a call: one whose time is over ends here, where no timer could fire. */
export function checkTime(scope: Scope): void {
	for (let around: Scope | undefined = scope; around !== undefined; around = around.parent) {
		if (around.ownsRun) around.run?.checkTime?.();
	}
}
