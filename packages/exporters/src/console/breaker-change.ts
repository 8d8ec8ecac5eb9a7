import type { Piece } from "./note.ts";
import type { Style } from "./outcome.ts";
import type { ConsoleSpan } from "./span.ts";
import { oneLine } from "./text.ts";

const styles: Readonly<Record<string, Style>> = {
	"circuit_breaker.opened": "red",
	"circuit_breaker.half_opened": "yellow",
	"circuit_breaker.closed": "green",
};

/** What calls did to circuit breakers, in order, each change told once: `circuit breaker load opened (failure_rate)`. */
export function breakerChanges(spans: readonly ConsoleSpan[]): Piece[] {
	const told = new Map<string, Piece>();
	for (const { name, attributes = {} } of spans.flatMap(({ events }) => events)) {
		const style = Object.hasOwn(styles, name) ? styles[name] : undefined;
		if (style === undefined) continue;
		const breaker = attributes["circuit_breaker.name"];
		const reason = attributes["circuit_breaker.reason"];
		const which = typeof breaker === "string" ? ` ${oneLine(breaker)}` : "";
		const why = typeof reason === "string" ? ` (${oneLine(reason)})` : "";
		const text = `circuit breaker${which} ${name.slice(name.indexOf(".") + 1).replace("_", "-")}${why}`;
		told.set(text, { text, style });
	}
	return [...told.values()];
}
