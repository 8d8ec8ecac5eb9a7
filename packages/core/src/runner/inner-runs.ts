import type { Scope } from "../scope.ts";
import type { RunReport } from "./report.ts";

/** So many reports of runs stand in that of one call; a stage that starts runs for ever would otherwise keep them all. */
const mostReports = 128;

/** Runs of pipelines and graphs that were started in one call of a runner. */
export class InnerRuns {
	/** Those that have ended, the last of them. */
	readonly reports: RunReport[] = [];
	/** Ends of those that go on. */
	readonly #going = new Set<Promise<unknown>>();

	began(end: Promise<unknown>): void {
		this.#going.add(end);
		void end.finally(() => this.#going.delete(end));
	}

	ended(report: RunReport): void {
		if (this.reports.push(report) > mostReports) this.reports.shift();
	}

	/** The end of all that go on; undefined where none does. */
	get closing(): Promise<unknown> | undefined {
		return this.#going.size === 0 ? undefined : Promise.all(this.#going);
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
