import type { Scope } from "../scope.ts";
import type { RunReport } from "./report.ts";

/** So many reports of runs stand in that of one call; a stage that starts runs for ever would otherwise keep them all. */
const mostReports = 128;

/** Runs of pipelines and graphs that were started in one call of a runner. */
export class InnerRuns {
	/** Those that have ended, the last of them. */
	readonly reports: RunReport[] = [];
	#going = 0;
	#closed: PromiseWithResolvers<void> | undefined;

	/** Said before anything of the run is called: it may at once end what it is in, which then waits for it. */
	began(): void {
		this.#going++;
	}

	/** @param report - absent for a run that could not begin after all */
	ended(report: RunReport | undefined): void {
		if (report !== undefined && this.reports.push(report) > mostReports) this.reports.shift();
		if (--this.#going > 0) return;
		this.#closed?.resolve();
		this.#closed = undefined;
	}

	/** The end of all that go on; undefined where none does. */
	get closing(): Promise<unknown> | undefined {
		if (this.#going === 0) return undefined;
		this.#closed ??= Promise.withResolvers();
		return this.#closed.promise;
	}
}

/** The runs of the call of a runner that code in a scope belongs to; undefined where it is in none, or that is over. */
export function innerRunsOf(scope: Scope | undefined): InnerRuns | undefined {
	const call = reportedCall(scope);
	if (call === undefined) return undefined;
	call.innerRuns ??= new InnerRuns();
	return call.innerRuns;
}

/** Reports of the runs of a call that have ended; undefined where there is none. */
export function innerReports({ innerRuns }: Scope): readonly RunReport[] | undefined {
	return innerRuns === undefined || innerRuns.reports.length === 0 ? undefined : Object.freeze([...innerRuns.reports]);
}

/** The end of the runs that go on in a call; they hear of its end, and are sure to come to their own. */
export function closingRuns(scope: Scope): Promise<unknown> | undefined {
	return reportedCall(scope)?.innerRuns?.closing;
}

function reportedCall(scope: Scope | undefined): Scope | undefined {
	let around = scope;
	while (around !== undefined && !around.isReported) around = around.ownsRun ? undefined : around.parent;
	return around?.open ? around : undefined;
}
