import type { LoggerOptions } from "pino";

/** pino's own redaction: paths, or an object with paths, censor and remove. */
export type Redaction = Exclude<LoggerOptions["redact"], undefined>;

/** What stands where a secret was: pino's own word. */
export const censor = "[Redacted]";

/**
 * A key that names a secret, with what follows it in JSON: nothing else but a key has `":` behind it.
 *
 * The short words must be the whole key (a `token` is a secret, `max_tokens` is none), the others may have a prefix.
 */
const secretKey =
	/(?:"(?:secret|token|jwt|pwd|cookie|set-cookie|credentials?|connection[-_]?string)|passw(?:or)?d|passphrase|authorization|(?:api|secret|private|access|signing|encryption)[-_]?key|client[-_]?secret|(?:access|refresh|id|auth|bearer|session|csrf|xsrf)[-_]?token)":/gi;

/**
 * Replaces the values of keys that name secrets, at any depth of a line.
 *
 * pino's own redaction does it by path. With the wildcards that any depth needs, it makes a plain line a hundred times
 * slower; this reads the finished line once, and rewrites only what it finds.
 */
export function withoutSecrets(line: string): string {
	secretKey.lastIndex = 0;
	let match = secretKey.exec(line);
	if (match === null) return line;
	let text = "";
	let copied = 0;
	while (match !== null) {
		const valueAt = secretKey.lastIndex;
		const end = endOfValue(line, valueAt);
		text += `${line.slice(copied, valueAt)}"${censor}"`;
		copied = end;
		secretKey.lastIndex = end;
		match = secretKey.exec(line);
	}
	return text + line.slice(copied);
}

/** Where the JSON value that begins here ends. */
function endOfValue(line: string, start: number): number {
	let depth = 0;
	for (let at = start; at < line.length; at += 1) {
		const character = line[at];
		if (character === '"') at = endOfString(line, at);
		else if (character === "{" || character === "[") depth += 1;
		else if (character === "}" || character === "]") depth -= 1;
		if (depth < 0 || (depth === 0 && character === ",")) return at;
		if (depth === 0 && (character === '"' || character === "}" || character === "]")) return at + 1;
	}
	return line.length;
}

/** The position of the quote that closes the string opened here. */
function endOfString(line: string, start: number): number {
	for (let at = start + 1; at < line.length; at += 1) {
		if (line[at] === "\\") at += 1;
		else if (line[at] === '"') return at;
	}
	return line.length;
}
