/** A colour of Grafana's palette: it follows the light and the dark theme. */
export type Color =
	| "green"
	| "light-green"
	| "semi-dark-green"
	| "yellow"
	| "semi-dark-yellow"
	| "orange"
	| "semi-dark-orange"
	| "red"
	| "semi-dark-red"
	| "purple"
	| "light-purple"
	| "semi-dark-purple"
	| "blue"
	| "light-blue"
	| "semi-dark-blue"
	| "text"
	| "transparent"
	| "#808080"
	| "#b0b0b0";

const grey = "#808080";
const lightGrey = "#b0b0b0";

/** How a run, a stage or an attempt ended, in the same colour on every dashboard. */
export const outcomeColors = {
	ok: "green",
	error: "semi-dark-red",
	timeout: "orange",
	rejected: "purple",
	fallback: "yellow",
	skipped: "light-blue",
	cancelled: grey,
	interrupted: "blue",
} as const satisfies Readonly<Record<string, Color>>;

/** States of a circuit breaker, by the number that the state timeline draws. */
export const breakerStates = [
	{ state: "closed", text: "closed", color: "green" },
	{ state: "half_open", text: "half-open", color: "yellow" },
	{ state: "open", text: "open", color: "semi-dark-red" },
	{ state: "forced_open", text: "forced open", color: "purple" },
	{ state: "disabled", text: "disabled", color: grey },
] as const;

/** Colours of what layers decide and buffers do, by the words that metrics have for it. */
export const resultColors = {
	success: "green",
	completed: "green",
	accepted: "green",
	allowed: "green",
	hit: "green",
	not_needed: "green",
	first_won: "green",
	delivered: "green",
	recovered: "green",
	in: "blue",
	out: "green",
	miss: "light-blue",
	stale: "yellow",
	coalesced: "light-green",
	bypass: grey,
	ignored: lightGrey,
	hedge_won: "yellow",
	failure: "semi-dark-red",
	failed: "semi-dark-red",
	error: "semi-dark-red",
	store_error: "semi-dark-red",
	timed_out: "orange",
	ignored_cancel: "semi-dark-orange",
	expired: "orange",
	rejected: "purple",
	not_permitted: "purple",
	not_applicable: grey,
	overflow: "orange",
	underrun: "semi-dark-red",
} as const satisfies Readonly<Record<string, Color>>;

/** Colours for series whose names end in a colon and one of these words, whatever stands before it. */
export function endingIn(colors: Readonly<Record<string, Color>>): Readonly<Record<string, Color>> {
	return Object.fromEntries(Object.entries(colors).map(([word, color]) => [`/: ${word}$/`, color]));
}

/** Why a call through a retry layer ended, by the beginning of a series' name. */
export const retryColors = {
	"/^success \\(retried: false/": "green",
	"/^success \\(retried: true/": "yellow",
	"/^non_retryable/": "orange",
	"/^max_attempts/": "semi-dark-red",
	"/^max_duration/": "semi-dark-orange",
	"/^budget_exhausted/": "purple",
	"/^aborted/": "#808080",
} as const satisfies Readonly<Record<string, Color>>;
