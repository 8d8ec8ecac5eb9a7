import { type ConsoleSpan, textOf } from "./span.ts";

/** Format names of `util.styleText`. */
export type Style = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "gray" | "dim" | "bold";

const errorStatus = 2;

/** The outcomes of Footlight, and two of the console's own: a span that has not ended, a span that tells no outcome. */
export type ShownOutcome =
	| "ok"
	| "error"
	| "timeout"
	| "rejected"
	| "fallback"
	| "cancelled"
	| "interrupted"
	| "skipped"
	| "open"
	| "unknown";

interface OutcomeLook {
	readonly glyph: string;
	readonly style: Style;
}

/** Glyphs are one column wide, found in common terminal fonts, and none of them has an emoji form. */
const looks: Readonly<Record<ShownOutcome, OutcomeLook>> = {
	ok: { glyph: "✓", style: "green" },
	error: { glyph: "✗", style: "red" },
	timeout: { glyph: "◷", style: "red" },
	rejected: { glyph: "⊗", style: "red" },
	fallback: { glyph: "↷", style: "yellow" },
	cancelled: { glyph: "⊘", style: "yellow" },
	interrupted: { glyph: "◫", style: "magenta" },
	skipped: { glyph: "○", style: "gray" },
	open: { glyph: "…", style: "yellow" },
	unknown: { glyph: "·", style: "gray" },
};

export function lookOf(outcome: ShownOutcome): OutcomeLook {
	return looks[outcome];
}

export function outcomeOf(span: ConsoleSpan): ShownOutcome {
	if (!span.ended) return "open";
	const told = textOf(span, "outcome");
	if (told !== undefined && Object.hasOwn(looks, told)) return told as ShownOutcome;
	return span.status.code === errorStatus ? "error" : "unknown";
}

/** True where somebody should look. */
export function isTrouble(outcome: ShownOutcome): boolean {
	return looks[outcome].style === "red";
}
