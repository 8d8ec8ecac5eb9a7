import type { EventSink } from "@footlight/core";
import { knownOptions, withMethods } from "@footlight/core/option";
import { type RuleOptions, redactMembers, rulesFrom } from "@footlight/core/redaction";
import type { ClosableSink } from "./closable-sink.ts";
import { passingSink } from "./passing-sink.ts";

/** What {@link redactSink} hides beside the secrets it knows. */
export type RedactSinkOptions = Pick<RuleOptions, "keys" | "patterns">;

/**
 * Hides secrets in the attributes of events, and hands them on.
 *
 * By the list of `redaction()` for spans: values of keys that name secrets (passwords, tokens, API keys ...) at any depth,
 * and in every text what has the form of a token, a key or a payment card, credentials and parameters in URLs, and
 * `password=…`. A key of `keys` is a whole name in any case, and hides whatever stands under it. The event that was given
 * is not changed, and is handed on as it is where nothing was hidden. Name, time and ids stay. `close` closes the sink
 * behind it.
 *
 * **Throws** TypeError, when it is made, for a sink or an option it cannot take.
 *
 * @example
 * const kept = memorySink();
 * const audit = redactSink(kept, { keys: ["user.email"], patterns: [/\b\d{3}-\d{2}-\d{4}\b/] });
 * const attributes = { "user.email": "ada@example.org", password: "hunter2", note: "no. 078-05-1120" };
 * await audit.emit({ name: "user.created", timeMs: Date.now(), attributes });
 * kept.events[0]?.attributes; // => { "user.email": "[REDACTED]", password: "[REDACTED]", note: "no. [REDACTED]" }
 */
export function redactSink(sink: EventSink, options: RedactSinkOptions = {}): ClosableSink {
	const where = "redactSink";
	withMethods(`${where}: sink`, sink, ["emit", "tryEmit"]);
	knownOptions(where, options, ["keys", "patterns"]);
	const rules = rulesFrom(where, options);
	return passingSink(where, sink, (event) => {
		const { attributes } = event;
		if (typeof attributes !== "object" || attributes === null) return event;
		const clean = redactMembers(rules, attributes);
		return clean === attributes ? event : { ...event, attributes: clean };
	});
}
