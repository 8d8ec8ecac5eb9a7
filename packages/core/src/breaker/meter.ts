import type { Attributes } from "@opentelemetry/api";
import type { Instruments } from "../telemetry/instruments.ts";
import type { Breaker } from "./breaker.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { circuitBreakerStates } from "./state.ts";

type Report = (value: number, attributes: Attributes) => void;
type Give = (breaker: Breaker, report: Report, labels: Labels) => void;

/** So many breakers have series of their own, each up to twenty of one metric: an SDK keeps 2,000. */
const mostBreakers = 100;

const overflow: Attributes = Object.freeze({ "otel.metric.overflow": true });

const metered = new WeakMap<Instruments, Set<Breaker>>();

/** Has the numbers of a breaker collected, read from what it really is each time, until it is forgotten. */
export function meter(breaker: Breaker, instruments: Instruments): void {
	const breakers = metered.get(instruments) ?? observeAll(instruments);
	for (const one of breakers) if (one.isForgotten) breakers.delete(one);
	if (breakers.has(breaker)) return;
	if (breakers.size >= mostBreakers) instruments.dropped("metrics", "cardinality");
	breakers.add(breaker);
}

function observeAll(instruments: Instruments): Set<Breaker> {
	const breakers = new Set<Breaker>();
	metered.set(instruments, breakers);
	const summed = (give: Give) => (report: Report) => giveAll(breakers, give, report, true);
	const single = (give: Give) => (report: Report) => giveAll(breakers, give, report, false);
	instruments.observe("pipeline.circuit_breaker.state", summed(giveState));
	instruments.observe("pipeline.circuit_breaker.time_in_state", summed(giveTime));
	instruments.observe("pipeline.circuit_breaker.transitions", summed(giveTransitions));
	instruments.observe("pipeline.circuit_breaker.calls", summed(giveCalls));
	instruments.observe("pipeline.circuit_breaker.failure_rate", single(giveFailureRate));
	instruments.observe("pipeline.circuit_breaker.slow_call_rate", single(giveSlowCallRate));
	instruments.observe("pipeline.circuit_breaker.failure_rate_threshold", single(giveFailureRateThreshold));
	instruments.observe("pipeline.circuit_breaker.slow_call_rate_threshold", single(giveSlowCallRateThreshold));
	instruments.observe("pipeline.circuit_breaker.last_transition_time", single(giveLastTransition));
	return breakers;
}

/** Breakers beyond the limit share one series, where their values can be added up. */
function giveAll(breakers: ReadonlySet<Breaker>, give: Give, report: Report, isSum: boolean): void {
	let reported = 0;
	let rest: number | undefined;
	const add = (value: number) => {
		rest = (rest ?? 0) + value;
	};
	for (const breaker of breakers) {
		if (breaker.isForgotten) continue;
		if (reported++ < mostBreakers) give(breaker, report, labelsOf(breaker));
		else if (isSum) give(breaker, add, labelsOf(breaker));
	}
	if (rest !== undefined) report(rest, overflow);
}

const giveState: Give = ({ state }, report, labels) => {
	for (const one of circuitBreakerStates) report(one === state ? 1 : 0, labels.state(one));
};

const giveTime: Give = (breaker, report, labels) => {
	const seconds = breaker.secondsInState();
	for (const state of circuitBreakerStates) report(seconds[state], labels.state(state));
};

const giveTransitions: Give = ({ tally }, report, labels) => {
	for (const transition of tally.transitions) report(transition.count, labels.transition(transition));
};

const giveCalls: Give = ({ tally, settings }, report, labels) => {
	report(tally.successes, labels.call("success", false));
	report(tally.failures, labels.call("failure", false));
	report(tally.ignored, labels.call("ignored", false));
	report(tally.notPermitted, labels.call("not_permitted", false));
	if (settings.slowCallMs === undefined) return;
	report(tally.slowSuccesses, labels.call("success", true));
	report(tally.slowFailures, labels.call("failure", true));
};

const giveFailureRate: Give = ({ figures }, report, { name }) => {
	if (figures.failureRateRatio !== undefined) report(figures.failureRateRatio, name);
};

const giveSlowCallRate: Give = ({ figures }, report, { name }) => {
	if (figures.slowCallRateRatio !== undefined) report(figures.slowCallRateRatio, name);
};

const giveFailureRateThreshold: Give = ({ settings }, report, { name }) => {
	if (settings.failureRateRatio !== undefined) report(settings.failureRateRatio, name);
};

const giveSlowCallRateThreshold: Give = ({ settings }, report, { name }) => {
	if (settings.slowCallRateRatio !== undefined) report(settings.slowCallRateRatio, name);
};

const giveLastTransition: Give = ({ changedAtMs }, report, { name }) => {
	if (changedAtMs !== undefined) report(changedAtMs / 1_000, name);
};
