import { attempts } from "../attempt.ts";
import { type Call, callKey } from "../call.ts";
import type { CorrelationIds } from "../correlation.ts";
import { markOutcome } from "../mark-outcome.ts";
import { type AsyncMiddleware, asyncLayer, type Handler } from "../middleware.ts";
import { integerFrom, knownOptions, optionalFunction, refuse, show } from "../option.ts";
import { classify } from "../outcome.ts";
import type { Run, Scope } from "../scope.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { isThenable } from "../thenable.ts";
import { untilAborted } from "../until-aborted.ts";
import { standsAroundRun } from "./around-run.ts";
import { answerOf, decide, type ErrorAction } from "./error-action.ts";
import type { GraphReport } from "./graph.ts";

/** What the hooks of one run share. */
export interface GraphRunContext {
	/** Name of the pipeline. */
	readonly graphId: string;
	/** Absent where a node is called outside a run. */
	readonly runId: string | undefined;
	readonly ids: CorrelationIds;
	/** A bag of this run alone. */
	readonly metadata: Map<string, unknown>;
}

/** A call of a node; a changed copy may be passed on. */
export interface NodeRequest<State = unknown> {
	readonly nodeId: string;
	/** The state that the node is given. */
	readonly input: State;
	readonly context: GraphRunContext;
}

/** What `onError` is told beside the error. */
export interface GraphErrorContext extends GraphRunContext {
	/** The node that failed; undefined where the run failed outside of its nodes, and no answer changes that. */
	readonly nodeId: string | undefined;
	/** How often the node was called by now. */
	readonly attempt: number;
}

/** Hooks around the runs and the nodes of a graph; all are optional. */
export interface GraphMiddleware<State = unknown> {
	/** Stands around the whole run: `next` resolves when the last node has ended, and rejects if the run fails. */
	readonly onStart?: (context: GraphRunContext, next: () => Promise<void>) => void | PromiseLike<void>;
	/** Stands around each node: what is passed to `next` is what the node is given. */
	readonly onNode?: (
		request: NodeRequest<State>,
		next: (request: NodeRequest<State>) => Promise<State>,
	) => State | PromiseLike<State>;
	/** Says what to do about a node that failed; of several, the first answer that is not `propagate` counts. */
	readonly onError?: (
		error: unknown,
		context: GraphErrorContext,
		// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
	) => ErrorAction | void | PromiseLike<ErrorAction | void>;
	/** Hears once how a run ended, however it did; nobody waits for it, and what it throws is counted and has no effect. */
	readonly onFinish?: (report: GraphReport) => void | PromiseLike<void>;
}

/** Options of {@link fromGraphMiddleware}. */
export interface FromGraphMiddlewareOptions {
	/** How often a node is called again because `onError` asks for it. @default 3 */
	readonly maxRetries?: number;
}

const hookNames = ["onStart", "onNode", "onError", "onFinish"] as const;

/**
 * Turns a list of graph hooks into one layer for `light.graph({ middleware })`.
 *
 * `onStart` and `onNode` nest in the order of the list, `onFinish` runs in reverse. An answer of `onError` other than
 * `propagate`: `retry` calls the node again through all of its `onNode`, `skip` and `continue` leave the node out,
 * `{ continue: state }` and `{ fallback: state }` answer in its place. A cancelled or interrupted node is not an error.
 *
 * **Placement** in the `middleware` of a graph; elsewhere only `onNode` and `onError` are heard.
 * **Emits** outcome `skipped` or `fallback` on the node's span; each attempt is a span once there are two.
 * **Throws** TypeError or RangeError for hooks and options that cannot be.
 *
 * @example
 * const careful = fromGraphMiddleware([
 *   { onError: (_error, { attempt }) => (attempt < 2 ? "retry" : "propagate") },
 *   { onError: (_error, { nodeId }) => (nodeId === "enrich" ? "skip" : "propagate") },
 * ]);
 * let calls = 0;
 * const graph = light.graph({
 *   nodes: {
 *     enrich: (state: string) => {
 *       if (calls++ < 5) throw new Error("not now");
 *       return `${state}!`;
 *     },
 *   },
 *   edges: [],
 *   entry: "enrich",
 *   middleware: [careful],
 * });
 * const { report } = await graph.run("hello");
 * report.stages[0]?.outcome; // => "skipped"
 * report.stages[0]?.attempts; // => 2
 */
export function fromGraphMiddleware(
	// biome-ignore lint/suspicious/noExplicitAny: hooks of a graph with any state
	hooks: GraphMiddleware<any> | readonly GraphMiddleware<any>[],
	options: FromGraphMiddlewareOptions = {},
): AsyncMiddleware {
	knownOptions("fromGraphMiddleware", options, ["maxRetries"]);
	const { maxRetries = 3 } = options;
	integerFrom("fromGraphMiddleware: maxRetries", maxRetries, 0);
	const list: readonly GraphMiddleware[] = [...(Array.isArray(hooks) ? hooks : [hooks])];
	for (const [index, each] of list.entries()) checkHooks(`fromGraphMiddleware: hooks[${index}]`, each);

	const contexts = new WeakMap<Run, GraphRunContext>();
	/** Errors that `onError` has heard already, by the run. */
	const heard = new WeakMap<Run, { readonly error: unknown }>();

	function contextOf({ run, call }: Scope): GraphRunContext {
		const known = run && contexts.get(run);
		if (known !== undefined) return known;
		const { ids, definition } = call;
		const context = { graphId: definition.pipeline.name, runId: ids.runId, ids, metadata: new Map<string, unknown>() };
		if (run !== undefined) contexts.set(run, context);
		return context;
	}

	function consult(error: unknown, scope: Scope, nodeId: string | undefined, attempt: number): Promise<ErrorAction> {
		if (scope.run !== undefined) heard.set(scope.run, { error });
		const context: GraphErrorContext = { ...contextOf(scope), nodeId, attempt };
		return decide(list.map((hooks) => () => hooks.onError?.(error, context)));
	}

	const aroundNode = asyncLayer({ name: "fromGraphMiddleware", options: { maxRetries } }, (next) => {
		const attempt = attempts(list.reduceRight((inner, hook) => aroundNodeBy(hook, inner, contextOf), next));
		return async function hooked(call) {
			for (let retries = 0; ; retries++) {
				try {
					return await attempt(retries === 0 ? call : { ...call, attempt: call.attempt + retries });
				} catch (error) {
					const outcome = classify(error, call.signal);
					if (call.signal?.aborted || outcome === "cancelled" || outcome === "interrupted") throw error;
					const action = await consult(error, call.scope, call.name, retries + 1);
					// Who waited for the answer may have been given up meanwhile.
					call.signal?.throwIfAborted();
					if (action === "retry" && retries < maxRetries) continue;
					if (action === "retry" || action === "propagate") throw error;
					return answerOf(action, call, error);
				}
			}
		};
	});

	return standsAroundRun(aroundNode, {
		layer: (next) =>
			async function aroundRun(call) {
				const { run } = call.scope;
				let walked: Promise<void> | undefined;
				// A graph is run once, however often it is asked for.
				const walk = (): Promise<void> => {
					walked ??= quiet((async () => void (await next(call)))());
					return walked;
				};
				try {
					try {
						// A hook that never settles holds up no run that was given up.
						await untilAborted(startedBy(list, contextOf(call.scope), walk), call.signal);
					} finally {
						// Whoever starts a run need not wait for it; and it has failed, whatever a hook has caught.
						if (walked === undefined) markOutcome(call, "skipped");
						else await walked;
					}
				} catch (error) {
					const isHeard = run !== undefined && heard.get(run)?.error === error;
					if (!isHeard && !call.signal?.aborted && classify(error) !== "interrupted") {
						// It only hears of it: one that never answers holds up no run that was given up.
						await untilAborted(consult(error, call.scope, undefined, 0), call.signal).catch(() => {});
					}
					throw error;
				}
			},
		finished(report) {
			for (const hooks of list.toReversed()) inform(() => hooks.onFinish?.(report));
		},
	}) as AsyncMiddleware;
}

function checkHooks(where: string, hooks: unknown): void {
	if (hooks === null || typeof hooks !== "object") refuse(TypeError, where, "an object of hooks", hooks);
	// An instance of a class may have more than hooks.
	if (Object.getPrototypeOf(hooks) === Object.prototype) knownOptions(where, hooks, hookNames);
	for (const name of hookNames) optionalFunction(`${where}.${name}`, (hooks as Partial<Record<string, unknown>>)[name]);
}

const requestContext = callKey<GraphRunContext | undefined>("footlight.graph.request", undefined);

function aroundNodeBy(hooks: GraphMiddleware, next: Handler, contextOf: (scope: Scope) => GraphRunContext): Handler {
	if (hooks.onNode === undefined) return next;
	return async (call) => {
		const context = call.values.get(requestContext) ?? contextOf(call.scope);
		const request: NodeRequest = { nodeId: call.name, input: call.input[0], context };
		return hooks.onNode?.(request, (passed) => quiet((async () => next(requested(call, passed)))()));
	};
}

/** The call that a request stands for: what a hook has changed holds for all that is further in. */
function requested(call: Call, passed: unknown): Call {
	const where = `fromGraphMiddleware: what onNode passes to next for node ${call.name}`;
	if (passed === null || typeof passed !== "object" || !("input" in passed)) {
		refuse(TypeError, where, "its request, or a copy as in next({ ...request, input })", passed);
	}
	const { nodeId, input, context } = passed as NodeRequest;
	if (nodeId !== call.name) refuse(RangeError, `${where}: nodeId`, show(call.name), nodeId);
	return { ...call, input: [input], values: call.values.set(requestContext, context) };
}

async function startedBy(
	list: readonly GraphMiddleware[],
	context: GraphRunContext,
	walk: () => Promise<void>,
): Promise<void> {
	const start = list.reduceRight<() => Promise<void>>((next, hooks) => {
		if (hooks.onStart === undefined) return next;
		return () => quiet((async () => hooks.onStart?.(context, next))());
	}, walk);
	await start();
}

/** A promise that a hook may leave unheard. */
function quiet<T>(promise: Promise<T>): Promise<T> {
	promise.catch(() => {});
	return promise;
}

function inform(tell: () => unknown): void {
	const failed = (error: unknown) => telemetryFailed("graph middleware", error);
	try {
		const told = tell();
		if (isThenable(told)) told.then(undefined, failed);
	} catch (error) {
		failed(error);
	}
}
