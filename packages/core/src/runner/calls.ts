import { StageContext, withContext } from "../context.ts";
import { callWithin } from "../create-call.ts";
import type { Handler } from "../middleware.ts";
import type { Execution } from "./execution.ts";
import { type NodeScope, QuietCall } from "./node-scope.ts";
import { SharedContext } from "./shared-context.ts";
import { isStream } from "./stream-reader.ts";
import { awaited, isThenable } from "./thenable.ts";

/** Makes the calls of a run's stages, and hears what they give. */
export class Calls {
	readonly #run: Execution;
	/** True where somebody listens, so that each call goes through its layers. */
	readonly #isHeard: boolean;
	/** The context that stages share which are likely to give a plain value. */
	#shared: SharedContext | undefined;
	/** The call that waits for such a context. */
	#unshared: NodeScope | undefined;

	constructor(run: Execution, isHeard: boolean) {
		this.#run = run;
		this.#isHeard = isHeard;
	}

	/** True while a call waits for a context to share: nothing else is to be started before it. */
	get isWaiting(): boolean {
		return this.#unshared !== undefined;
	}

	/** Runs what starts calls, giving those that wait for one a context to share, again when it was kept. */
	sharing(startMore: (run: Execution) => void): void {
		startMore(this.#run);
		while (this.#unshared !== undefined) {
			this.#shared = new SharedContext(this.#run.context);
			withContext(this.#shared, startMore, this.#run);
			this.#shared = undefined;
		}
	}

	/** Makes the call that waits for a context to share, which there is now. */
	goOn(): void {
		const waiting = this.#unshared;
		this.#unshared = undefined;
		if (waiting !== undefined) this.#callQuietly(waiting);
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
		const shared = this.#shared;
		const isLikelyPlain = scope.node.isLikelyPlain;
		if (isLikelyPlain && shared === undefined) {
			this.#unshared = scope;
			return;
		}
		scope.open = true;
		scope.call = new QuietCall(scope);
		scope.startMs = run.nowMs;
		const context = new StageContext(run.context, run.scope.span, scope);
		let result: unknown;
		try {
			if (isLikelyPlain && shared !== undefined) {
				shared.current = context;
				result = callFunction(scope);
				if (isLasting(result)) this.#keepShared(scope);
				else shared.current = run.context;
			} else {
				result = withContext(context, callFunction, scope);
			}
		} catch (error) {
			if (shared !== undefined) shared.current = run.context;
			run.readClock();
			run.failed(scope, error);
			return;
		}
		this.#received(scope, result);
	}

	/** What the call goes on with is in the shared context: that is its own from now on, and the next ones need another. */
	#keepShared(scope: NodeScope): void {
		scope.node.isLikelyPlain = false;
		this.#shared = undefined;
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
			(value) => {
				if (scope.over) return;
				run.readClock();
				run.arrived(scope, value);
				run.drain();
			},
			(error) => {
				if (scope.over) return;
				run.readClock();
				run.failed(scope, error);
				run.drain();
			},
		);
	}
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
