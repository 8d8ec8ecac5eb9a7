/** A mistake somebody could make in the runner, and what the property says of it. */
export interface PlantedBug {
	readonly name: string;
	/** Below `src/`. */
	readonly file: string;
	/** Stands in the file once. */
	readonly replace: string;
	readonly by: string;
	/** In the violation that must be found. */
	readonly caughtAs: RegExp;
}

/** Kept for good: each was a way for a runner to say what did not happen. */
export const plantedBugs: readonly PlantedBug[] = [
	{
		name: "a call is counted twice",
		file: "observer/series.ts",
		replace: "count.calls++",
		by: "count.calls += 2",
		caughtAs: /runs counted|calls counted/,
	},
	{
		name: "what is skipped is counted as ok",
		file: "runner/ledger.ts",
		replace: 'reason === "run_ended" ? "cancelled" : "skipped"',
		by: 'reason === "run_ended" ? "cancelled" : "ok"',
		caughtAs: /outcome/,
	},
	{
		name: "a cancelled sibling is not told",
		file: "runner/run-end.ts",
		replace: "(why) => controller.abort(why)",
		by: "() => {}",
		caughtAs: /ends|after the end|duration|outcome|settle|cost/,
	},
	{
		name: "a sibling that heeds no signal is waited for",
		file: "runner/run-end.ts",
		replace: "this.#after(run.cancelGraceMs, () => run.giveUp());",
		by: "void run.giveUp;",
		caughtAs: /ends the run, soon|timers|duration/,
	},
	{
		name: "a stage has the wrong parent",
		file: "runner/node-scope.ts",
		replace: "super(execution.scope, execution.scope.run);",
		by: "super(execution.scope.parent, execution.scope.run);",
		caughtAs: /cost of the run/,
	},
	{
		name: "a stage's span stands under another stage",
		file: "runner/calls.ts",
		replace: "this.#received(scope, result);\n\t}\n\n\t/** Calls the stage's function where",
		by: "run.context = new StageContext(run.context, scope.span, scope);\n\t\tthis.#received(scope, result);\n\t}\n\n\t/** Calls the stage's function where",
		caughtAs: /parent/,
	},
	{
		name: "a failed stage has no report",
		file: "runner/execution.ts",
		replace: "this.ledger.note(scope, scope.endMs ?? this.nowMs, outcome, error);",
		by: 'if (outcome !== "error") this.ledger.note(scope, scope.endMs ?? this.nowMs, outcome, error);',
		caughtAs: /report|undefined|did not run/,
	},
	{
		name: "a stage starts before its last dependency is done",
		file: "runner/execution.ts",
		replace: "this.#waitsFor = plan.waitsFor.slice();",
		by: "this.#waitsFor = plan.waitsFor.map((count) => Math.min(count, 1));",
		caughtAs: /starts after|is done/,
	},
	{
		name: "a stage runs twice",
		file: "runner/execution.ts",
		replace: "this.#launch(scope);\n\t\t}\n\t}",
		by: "this.#launch(scope);\n\t\t\tif (number % 5 === 4) this.#launch(Object.assign(new NodeScope(this, number, undefined, undefined), { given: this.#inputsOf(number) }));\n\t\t}\n\t}",
		caughtAs: /attempts|more often|outcomes and times|number of the attempt/,
	},
	{
		name: "a stage is given an old output",
		file: "runner/execution.ts",
		replace: "this.ledger.outputs[number] = output;",
		by: "this.ledger.outputs[number] ??= this.ledger.outputs[number - 1] ?? output;",
		caughtAs: /output|input/,
	},
	{
		name: "stages share one object of inputs",
		file: "runner/execution.ts",
		replace: "const inputs = newNamed(nodes.length);",
		by: "const inputs = (globalThis.bag ??= {});",
		caughtAs: /inputs/,
	},
	{
		name: "the limit is off by one",
		file: "runner/execution.ts",
		replace: "this.#running - this.#lent < limit",
		by: "this.#running - this.#lent <= limit",
		caughtAs: /at most|waited|wait/,
	},
	{
		name: "the time in the queue is lost",
		file: "runner/execution.ts",
		replace: "scope.queuedMs = Math.max(0, this.nowMs - sinceMs);",
		by: "scope.queuedMs = 0;",
		caughtAs: /time it waited/,
	},
	{
		name: "the queue is served last come, first served",
		file: "runner/execution.ts",
		replace: "this.#waiting[this.#waitingHead++] as Waiting",
		by: "this.#waiting.splice(-1)[0] as Waiting",
		caughtAs: /first come|waited/,
	},
	{
		name: "a span is not ended when its stage is given up",
		file: "runner/execution.ts",
		replace: "if (scope.observation !== undefined) scope.observation.failed(reason);",
		by: "",
		caughtAs: /never ended|outcomes and times|spans/,
	},
	{
		name: "an error is recorded again by whoever read the stream",
		file: "error-owner.ts",
		replace: "return owner.run === scope.run && (scope.attemptOf ?? scope).reporter !== undefined;",
		by: "return false;",
		caughtAs: /recorded once/,
	},
	{
		name: "an error that ends the run is forgotten",
		file: "runner/run-end.ts",
		replace: "this.failure = { error };\n\t\tthis.reason",
		by: "this.reason",
		caughtAs: /ok|fail|has ended early/,
	},
	{
		name: "a failure does not end the run",
		file: "runner/execution.ts",
		replace: 'case "fail-fast":\n\t\t\t\tthis.end.stop(error);',
		by: 'case "fail-fast":\n\t\t\t\tthis.end.failure ??= { error };',
		caughtAs: /does not start when|failed/,
	},
	{
		name: "a stage runs though what it depends on has failed",
		file: "runner/execution.ts",
		replace: "this.#doomed[targets[edge] as number] = 1;",
		by: "this.#doomed[targets[edge] as number] = 0;",
		caughtAs: /does not start when|left out/,
	},
	{
		name: "the money of a failed stage is not wasted",
		file: "runner/execution.ts",
		replace: "if (scope.ending === undefined && isFailure(outcome)) waste(scope);",
		by: "",
		caughtAs: /wasted cost/,
	},
	{
		name: "a retried call is reported as one attempt",
		file: "runner/ledger.ts",
		replace: "attempts: scope.attempts,",
		by: "attempts: Math.min(1, scope.attempts),",
		caughtAs: /attempts/,
	},
	{
		name: "the edges of the pipeline are no links",
		file: "runner/calls.ts",
		replace: "scope.links = run.ledger.linksOf(scope.number);",
		by: "",
		caughtAs: /links/,
	},
	{
		name: "an item of a stream is lost at its end",
		file: "runner/collect-stream.ts",
		replace: "scope.items?.push(value);",
		by: "if ((scope.items?.length ?? 0) < 3) scope.items?.push(value);",
		caughtAs: /items/,
	},
	{
		name: "the results of a map come in the order they were done",
		file: "runner/maps.ts",
		replace: "map.results[scope.index as number] = value;",
		by: "map.results.push(value);",
		caughtAs: /output|results/,
	},
	{
		name: "an abort from outside is not heard",
		file: "runner/run-end.ts",
		replace: 'else signal?.addEventListener("abort", this.#aborted, { once: true });',
		by: "",
		caughtAs: /abort ends the run/,
	},
	{
		name: "a listener stays on the caller's signal",
		file: "runner/run-end.ts",
		replace: 'scope.call.signal?.removeEventListener("abort", this.#aborted);',
		by: "",
		caughtAs: /listeners/,
	},
	{
		name: "the timer of the deadline stays",
		file: "runner/run-end.ts",
		replace: "const { scope } = this.#run;\n\t\tthis.#timers?.abort();",
		by: "const { scope } = this.#run;",
		caughtAs: /timers/,
	},
	{
		name: "current() is the run where a stage is",
		file: "runner/calls.ts",
		replace: "enter(context);",
		by: "",
		caughtAs: /current\(\)/,
	},
	{
		name: "what a stream or a list had given is lost with its stage",
		file: "runner/execution.ts",
		replace: "if (soFar !== undefined) this.ledger.keepPartial(number, soFar);",
		by: "void soFar;",
		caughtAs: /loses no item/,
	},
	{
		name: "a stage that reads a stream waits for its end",
		file: "runner/streams.ts",
		replace: "this.#run.handedOn(scope);",
		by: "setTimeout(() => this.#run.handedOn(scope), 0);",
		caughtAs: /come to an end|is done|waited|undefined/,
	},
];
