import { everywhere, increase, maxBy, share, sumBy } from "../promql.ts";
import { define, label } from "./alert.ts";

const { series } = everywhere;
const byBreaker = ["job", "circuit_breaker.name"] as const;
const byProcess = ["job", "instance", "circuit_breaker.name"] as const;
const breaker = `Circuit breaker ${label("circuit_breaker.name")} of ${label("job")}`;
const dashboard = "resilience";

const inState = (...states: readonly string[]) =>
	series("pipeline.circuit_breaker.state", { "circuit_breaker.state": states });

export const circuitBreakerOpen = define({
	name: "PipelineCircuitBreakerOpen",
	defaults: { severity: "warning", for: "2m", keepFiringFor: "2m", bridge: "1m" },
	by: byBreaker,
	operator: "==",
	fixedThreshold: 1,
	dashboard,
	panel: "State of every breaker",
	isEmptyWhenWell: true,
	summary: `Circuit breaker ${label("circuit_breaker.name")} is open.`,
	description: () => `${breaker} has been open, but for short probes: calls through it are refused.`,
	// One that probes is half-open for moments, and a scrape that meets them must not begin the wait anew. One that closes
	// in between does let calls through, even if each evaluation happens to meet it open; the gauge alone tells it of a
	// process that has begun anew.
	value: ({ bridge }) => {
		const wasOpen = maxBy(byProcess, `max_over_time(${inState("open", "forced_open")}[${bridge}])`);
		const closings = series("pipeline.circuit_breaker.transitions", { "circuit_breaker.state": "closed" });
		const hasClosed = `${sumBy(byProcess, increase(closings, bridge))} > 0`;
		const isClosed = `${maxBy(byProcess, inState("closed"))} == 1`;
		return maxBy(byBreaker, `${wasOpen} unless (${hasClosed} or ${isClosed})`);
	},
});

export const circuitBreakerStuckOpen = define({
	name: "PipelineCircuitBreakerStuckOpen",
	defaults: { severity: "critical", for: "15m", threshold: 0.9, window: "30m" },
	by: byBreaker,
	operator: ">",
	thresholdBelow: 1,
	dashboard,
	panel: "Share of time not closed",
	isEmptyWhenWell: true,
	summary: `Circuit breaker ${label("circuit_breaker.name")} does not close again.`,
	description: ({ window }) =>
		`${breaker} was not closed for {{ $value | humanizePercentage }} of the last ${window}, though it was called: what it protects is down, or its probes fail.`,
	// Half-open counts: while what it protects answers slowly, the probes take their time. One that nobody calls is
	// half-open for ever, so calls that failed or were refused have to be there; a process that is gone must not be.
	value: ({ window }) => {
		const seconds = "pipeline.circuit_breaker.time_in_state";
		const notClosed = increase(series(seconds, { "circuit_breaker.state": ["open", "half_open"] }), window);
		const shares = share(sumBy(byProcess, notClosed), sumBy(byProcess, increase(series(seconds), window)));
		const isStill = `${sumBy(byProcess, inState("open", "half_open"))} == 1`;
		const inVain = { "circuit_breaker.result": ["failure", "not_permitted"] };
		const isCalled = `${sumBy(byProcess, increase(series("pipeline.circuit_breaker.calls", inVain), window))} > 0`;
		return maxBy(byBreaker, `${shares} and ${isStill} and ${isCalled}`);
	},
});

export const circuitBreakerFlapping = define({
	name: "PipelineCircuitBreakerFlapping",
	defaults: { severity: "warning", for: "0s", keepFiringFor: "5m", threshold: 3, window: "15m" },
	by: byBreaker,
	operator: ">",
	dashboard,
	panel: "Transitions by reason",
	summary: `Circuit breaker ${label("circuit_breaker.name")} opens and closes again and again.`,
	description: ({ window }) =>
		`${breaker} went from closed to open {{ $value }} times in ${window}, in one process: what it protects comes and goes, or its threshold is too low.`,
	// From closed alone: a probe that fails opens it too, which is no flapping. Rounded, since `increase` extrapolates.
	value: ({ window }) => {
		const opened = series("pipeline.circuit_breaker.transitions", {
			"circuit_breaker.from_state": "closed",
			"circuit_breaker.state": "open",
		});
		return maxBy(byBreaker, `round(${sumBy(byProcess, increase(opened, window))})`);
	},
});

export const circuitBreakerForced = define({
	name: "PipelineCircuitBreakerForced",
	defaults: { severity: "info", for: "1h" },
	by: ["job", "circuit_breaker.name", "circuit_breaker.state"],
	operator: "==",
	fixedThreshold: 1,
	dashboard,
	panel: "State of every breaker",
	summary: `Circuit breaker ${label("circuit_breaker.name")} is still switched by hand.`,
	description: ({ for: wait }) =>
		`${breaker} has been ${label("circuit_breaker.state")} for ${wait} or longer: it does not decide by itself.`,
	value: () => maxBy(["job", "circuit_breaker.name", "circuit_breaker.state"], inState("forced_open", "disabled")),
});
