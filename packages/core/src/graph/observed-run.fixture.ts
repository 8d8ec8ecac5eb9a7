import { setImmediate as nextTurn } from "node:timers/promises";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import type * as core from "../index.ts";
import type { Recorded } from "../sdk.fixture.ts";
import { type ManualClock, manualClock, type RecordingLogger, recordingLogger } from "../testing/index.ts";
import { abortMessage, failureOf, innerName } from "./expected-run.fixture.ts";
import type { Act, RandomGraph, RandomNode } from "./random-graph.fixture.ts";

interface State {
	/** How many steps came before. */
	readonly step: number;
	readonly trail: readonly string[];
}

/** Everything one run left behind. */
export interface ObservedRun {
	readonly result: core.GraphResult<State> | undefined;
	readonly streamed: readonly core.GraphStep<State>[] | undefined;
	/** What the loop over the stream threw. */
	readonly thrown: unknown;
	/** Every call of a node's function, in order, as the functions themselves noted it. */
	readonly calls: readonly string[];
	readonly spans: ReturnType<Recorded["spans"]>;
	readonly metrics: RecordedMetrics;
	readonly logger: RecordingLogger;
	/** Timers left when the run had ended, beside those of nodes that go on. */
	readonly pendingSleeps: number;
	readonly abortListeners: number;
	readonly clock: ManualClock;
}

const startMs = 1_767_225_600_000;

type Light = ReturnType<typeof core.footlight>;

/** Runs a random graph for real, on a clock that stands still until it is moved. */
export async function observedRun(
	{ footlight, asyncLayer, attempts, markOutcome }: typeof core,
	recorded: Recorded,
	graph: RandomGraph,
): Promise<ObservedRun> {
	recorded.reset();
	const clock = manualClock(startMs);
	const metrics = recordMetrics();
	const logger = recordingLogger("info");
	const calls: string[] = [];
	const called = new Map<string, number>();
	const aborting = new AbortController();
	const abortReason = new DOMException(abortMessage, "AbortError");
	const listeners = listenersOf(aborting.signal);
	let nodeSleeps = 0;

	const light: Light = footlight("random", { clock, logger, meterProvider: metrics.meterProvider });

	const retrying = (maxAttempts: number): core.Middleware =>
		asyncLayer({ name: "retrying" }, (next) => {
			const attempt = attempts(next);
			return async (call) => {
				for (let number = 1; ; number++) {
					try {
						return await attempt(number === 1 ? call : { ...call, attempt: number });
					} catch (error) {
						if (number >= maxAttempts || call.signal?.aborted) throw error;
					}
				}
			};
		});
	const fallingBack = (name: string): core.Middleware =>
		asyncLayer({ name: "fallingBack" }, (next) => async (call) => {
			try {
				return await next(call);
			} catch (error) {
				if (call.signal?.aborted) throw error;
				markOutcome(call, "fallback", error);
				return given(call.input[0] as State, `${name} fallback`);
			}
		});

	const given = (state: State, name: string): State => ({ step: state.step + 1, trail: [...state.trail, name] });

	function run(node: RandomNode, state: State, ctx: core.Current): State | Promise<State> {
		const call = called.get(node.name) ?? 0;
		called.set(node.name, call + 1);
		calls.push(`${node.name} ${call}`);
		const act = node.acts[call % node.acts.length] as Act;
		if (act.costUsd > 0) light.current().addCost(act.costUsd);
		if (act.kind === "abort") aborting.abort(abortReason);
		if (act.kind === "never") return new Promise(() => {});
		const end = (): State => {
			if (act.kind === "throw") throw new Error(failureOf(node.name, call));
			return given(state, node.name);
		};
		if (act.delayMs === undefined) return end();
		nodeSleeps++;
		return clock
			.sleep(act.delayMs, act.heedsSignal ? ctx.signal : undefined)
			.finally(() => {
				nodeSleeps--;
			})
			.then(end);
	}

	function nested(name: string, own: core.NodeFunction<State>): core.NodeFunction<State> {
		const inner = light.graph({ nodes: { [name]: own }, edges: [], entry: name });
		return async (state) => (await inner.run(state)).outputOrThrow();
	}

	const nodes: Record<string, core.NodeOptions<State>> = {};
	const edges: core.GraphEdge<State>[] = [];
	for (const node of graph.nodes) {
		const own = (state: State, ctx: core.Current) => run(node, state, ctx);
		nodes[node.name] = {
			run: node.isNested ? nested(innerName(node.name), own) : own,
			use: [
				...(node.hasFallback ? [fallingBack(node.name)] : []),
				...(node.maxAttempts > 1 ? [retrying(node.maxAttempts)] : []),
			],
		};
		for (const { to, gate, isChosen } of node.edges) {
			const isOpen = ({ step }: State): boolean => {
				const answer = gate?.[(step - 1) % gate.length];
				if (answer === "throw") throw new Error("the condition broke");
				return answer !== "shut";
			};
			if (gate === undefined) edges.push({ from: node.name, to });
			else if (isChosen)
				edges.push({ from: node.name, to: (state) => (isOpen(state) ? to : undefined), targets: [to] });
			else edges.push({ from: node.name, to, when: isOpen });
		}
	}
	const runnable = light.graph({ nodes, edges, entry: "n0", maxSteps: graph.maxSteps });

	const options: core.GraphRunOptions = {
		signal: aborting.signal,
		...(graph.timeoutMs !== undefined && { timeoutMs: graph.timeoutMs }),
	};
	if (graph.abortAtMs === -1) aborting.abort(abortReason);
	else if (graph.abortAtMs !== undefined) void clock.sleep(graph.abortAtMs).then(() => aborting.abort(abortReason));
	const abortSleeps = graph.abortAtMs !== undefined && graph.abortAtMs !== -1 ? 1 : 0;

	let result: core.GraphResult<State> | undefined;
	let streamed: core.GraphStep<State>[] | undefined;
	let thrown: unknown;
	let pendingSleeps = 0;
	let abortStillPends = 0;
	const running = (async () => {
		const first: State = { step: 0, trail: [] };
		if (graph.isStreamed) {
			const stream = runnable.stream(first, options);
			streamed = [];
			try {
				for await (const step of stream) streamed.push(step);
			} catch (error) {
				thrown = error;
			}
			result = await stream.result;
		} else {
			result = await runnable.run(first, options);
		}
		abortStillPends = abortSleeps === 1 && clock.now() - startMs < (graph.abortAtMs ?? 0) ? 1 : 0;
		pendingSleeps = clock.pendingSleeps - nodeSleeps - abortStillPends;
	})();
	for (let round = 0; round < 100 && result === undefined; round++) {
		if (clock.pendingSleeps > 0) await clock.advance(1_000);
		else await nextTurn();
	}
	if (result !== undefined) await running;
	// What was given up may end late, and must not be heard.
	await clock.advance(1_000);
	return {
		result,
		streamed,
		thrown,
		calls,
		spans: recorded.spans(),
		metrics,
		logger,
		pendingSleeps,
		abortListeners: listeners.size,
		clock,
	};
}

/** The listeners of a signal at any time, as far as they are not the platform's own. */
function listenersOf(signal: AbortSignal): ReadonlySet<unknown> {
	const listeners = new Set<unknown>();
	const add = signal.addEventListener.bind(signal);
	signal.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
		listeners.add(listener);
		options?.signal?.addEventListener("abort", () => listeners.delete(listener), { once: true });
		add(type, listener, options);
	};
	const remove = signal.removeEventListener.bind(signal);
	signal.removeEventListener = (type: string, listener: EventListener) => {
		listeners.delete(listener);
		remove(type, listener);
	};
	return listeners;
}
