import type { Context } from "@opentelemetry/api";
import { contextEntrance, StageContext, withContext } from "../context.ts";
import { callWithin } from "../create-call.ts";
import type { Handler } from "../middleware.ts";
import { awaited, isThenable } from "../thenable.ts";
import type { Execution } from "./execution.ts";
import type { NodeScope } from "./node-scope.ts";
import { SharedContext } from "./shared-context.ts";
import { isStream } from "./stream-reader.ts";

/** Makes the calls of a run's stages, and hears what they give. */
export class Calls {
	readonly #run: Execution;
	/** True where somebody listens, so that each call goes through its layers. */
	readonly #isHeard: boolean;
	/** Goes over to the context of a call; absent where it must be gone back from. */
	readonly #enter: ((context: Context) => void) | undefined;
	/** The context that stages share which are likely to give a plain value, as long as it is the active one. */
	#shared: SharedContext | undefined;

	constructor(run: Execution, isHeard: boolean) {
		this.#run = run;
		this.#isHeard = isHeard;
		this.#enter = contextEntrance();
	}

	/** Another turn has begun, in a context of its own. */
	turnBegins(): void {
		this.#shared = undefined;
	}

	launch(scope: NodeScope): void {
		if (this.#isHeard || !scope.node.onlyObserves) this.#callThroughLayers(scope, scope.node.handler);
		else this.#callQuietly(scope);
	}

	/** Fails a stage before its function could be called; whoever observes sees a call that fails. */
	refuse(scope: NodeScope, error: unknown): void {
		scope.given = error;
		if (this.#isHeard) {
			this.#callThroughLayers(scope, scope.node.refusal);
			return;
		}
		scope.startMs = this.#run.nowMs;
		this.#run.failed(scope, error);
	}

	#callThroughLayers(scope: NodeScope, handler: Handler): void {
		const run = this.#run;
		const { given, node } = scope;
		scope.given = undefined;
		scope.reporter = scope;
		scope.links = run.ledger.linksOf(scope.number);
		scope.call = callWithin(scope, node.definition, [given], undefined, run.end.signal);
		scope.callerContext = run.context;
		let result: unknown;
		try {
			result = handler(scope.call);
		} catch (error) {
			run.readClock();
			run.failed(scope, error);
			return;
		}
		this.#received(scope, result);
	}

	/** Calls the stage's function where no layer would have a part in it. */
	#callQuietly(scope: NodeScope): void {
		const run = this.#run;
		scope.open = true;
		scope.startMs = run.nowMs;
		const context = new StageContext(run.context, run.scope.span, scope);
		let result: unknown;
		try {
			result = this.#callWithin(context, scope);
		} catch (error) {
			run.readClock();
			run.failed(scope, error);
			return;
		}
		this.#received(scope, result);
	}

	#callWithin(context: StageContext, scope: NodeScope): unknown {
		const enter = this.#enter;
		if (enter === undefined) return withContext(context, callFunction, scope);
		if (scope.node.isLikelyPlain) return this.#callSharing(enter, context, scope);
		this.#shared = undefined;
		enter(context);
		return callFunction(scope);
	}

	/** Calls it in the context that it shares with others, unless it turns out to go on with it. */
	#callSharing(enter: (context: Context) => void, context: StageContext, scope: NodeScope): unknown {
		let shared = this.#shared;
		if (shared === undefined) {
			shared = new SharedContext(context);
			this.#shared = shared;
			enter(shared);
		}
		shared.current = context;
		let isKept = false;
		try {
			const result = callFunction(scope);
			isKept = isLasting(result);
			return result;
		} finally {
			if (isKept) {
				// That context is its own from now on, and the next ones need another.
				scope.node.isLikelyPlain = false;
				this.#shared = undefined;
			} else shared.current = this.#run.context;
		}
	}

	#received(scope: NodeScope, result: unknown): void {
		const run = this.#run;
		if (!isThenable(result)) {
			run.readClock();
			run.arrived(scope, result);
			return;
		}
		run.goesOn(scope);
		void awaited(
			result,
			(value) => fulfilled(scope, value),
			(error) => rejected(scope, error),
		);
	}
}

function fulfilled(scope: NodeScope, value: unknown): void {
	if (scope.over) return;
	const run = scope.execution;
	run.readClock();
	run.arrived(scope, value);
	run.drain();
}

function rejected(scope: NodeScope, error: unknown): void {
	if (scope.over) return;
	const run = scope.execution;
	run.readClock();
	run.failed(scope, error);
	run.drain();
}

/** True for what goes on beyond the call that gave it. */
function isLasting(value: unknown): boolean {
	return value !== null && typeof value === "object" && (isThenable(value) || isStream(value));
}

function callFunction(scope: NodeScope): unknown {
	const { given } = scope;
	scope.given = undefined;
	scope.attempts = 1;
	return scope.node.run(given, scope);
}
