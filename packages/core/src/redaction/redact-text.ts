import { defaultRules, type RedactionRules } from "./rules.ts";
import { querySensitivity, type Sensitivity } from "./sensitive-key.ts";

const maxCleanLength = 100;
const maxCleanTexts = 2_000;

/**
 * Hides secrets in a text: tokens with known formats, private keys, credentials and parameters in URLs, headers, and
 * the values of telling keys (`password=…`, `"apiKey": "…"`).
 *
 * The rest of the text stays as it was. Time grows linearly with the text. Fits core's `capture: { redact }`.
 *
 * @example redactText("GET /v1?token=abc123 failed"); // "GET /v1?token=[REDACTED] failed"
 */
export function redactText(text: string): string {
	return redactTextBy(defaultRules, text);
}

/** As {@link redactText}, by given rules. */
export function redactTextBy(rules: RedactionRules, text: string): string {
	// Nothing shorter names a key and its value.
	if (text.length < 5) return text;
	if (text.length > maxCleanLength) return redactUnknownText(rules, text);
	if (rules.clean.has(text)) return text;
	const result = redactUnknownText(rules, text);
	if (result === text) {
		if (rules.clean.size >= maxCleanTexts) rules.clean.clear();
		rules.clean.add(text);
	}
	return result;
}

function redactUnknownText(rules: RedactionRules, text: string): string {
	let result = text;
	for (const { pattern, replace } of rules.patterns) {
		pattern.lastIndex = 0;
		if (!pattern.test(result)) continue;
		result = result.replace(pattern, (...match) => replace(rules.mask, match as string[]) ?? (match[0] as string));
	}
	return redactAssignments(rules, result);
}

// A key, and the sign that a value follows: `key=`, `key: `, `"key":`, `'key' => `, `\"key\":\"`, `key%3D`, `--key `.
const assignment =
	/(?:(?<![\w.$-])|(?<=%(?:3[Ff]|26))|(?<=(?<![\w-])--?))([A-Za-z_][\w.-]{0,80})(\\*["'`]?\s{0,4}(?:=>|[:=]|%3[Dd])\s{0,4}|(?<=(?<![\w-])--[\w.-]{1,80})\s{1,4}(?!-))/g;
const quotedValue = /(\\*)(["'`])/y;
// A comma or a closing bracket ends a value only where something else than a word goes on behind it.
const bareValue = /(?:[^\s;&"'`,)}\]>\\[]|[,)}\]>](?=[\w!@$%^*+~#-])(?![\w.-]{1,40}[=:]))+/y;
const queryValue = /[^\s;&"'`<>\\#]{1,200}/y;
const restOfLine = /[^\r\n"'`\\]+/y;
const wordsBefore = /([A-Za-z]+[ _-])?([A-Za-z]+)[ _-]$/;
const fillers = /^(?:provided|given|used|received|value|is|was)$/i;

/** Hides the values of telling keys; one pass, each character is looked at a bounded number of times. */
function redactAssignments(rules: RedactionRules, text: string): string {
	let result = "";
	let copied = 0;
	assignment.lastIndex = 0;
	for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
		const start = assignment.lastIndex;
		const key = match[1] as string;
		// The value is looked up last: in `a=a=a=…` each value reaches to the end of the text.
		const found = keySensitivity(rules, text, match.index, key) ?? parameterSensitivity(text, match, start);
		if (found === undefined) continue;
		const value = valueAt(text, start, key);
		if (value === undefined || !isWorthHiding(value.text, found, rules.mask)) continue;
		result += text.slice(copied, value.start) + rules.mask;
		copied = value.end;
		assignment.lastIndex = value.end;
	}
	return copied === 0 ? text : result + text.slice(copied);
}

/** Judges a key with the words before it: `API key:`, `next page token:`, `API key provided:`. */
function keySensitivity(rules: RedactionRules, text: string, at: number, key: string): Sensitivity {
	const before = wordsBefore.exec(text.slice(Math.max(0, at - 40), at));
	if (before === null) return rules.sensitivity(key);
	const [, earlier = "", previous = ""] = before;
	if (fillers.test(key)) return rules.sensitivity(earlier + previous);
	// `unexpected token:` takes back what `token:` alone would say.
	return rules.sensitivity(`${previous} ${key}`);
}

/** Judges a key as a parameter in the query of a URL, where it stands in one. */
function parameterSensitivity(text: string, match: RegExpExecArray, start: number): Sensitivity {
	const inQuery = /[?&]/.test(text[match.index - 1] ?? "") || (match.index === 0 && match[2] === "=");
	if (!inQuery) return undefined;
	queryValue.lastIndex = start;
	const value = queryValue.exec(text);
	return value === null ? undefined : querySensitivity(match[1] as string, value[0]);
}

/** True unless the value is empty, hidden already, a literal under a key of the list, or a number under a weak one. */
function isWorthHiding(value: string, found: Sensitivity, mask: string): boolean {
	const text = value.trim();
	if (text === "" || text.startsWith(mask)) return false;
	if (found === "named") return true;
	if (/^(?:true|false|null|undefined|none|\*+)$/i.test(text)) return false;
	return found === "strong" || !/^[\d.]+$/.test(text);
}

interface Value {
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

function valueAt(text: string, start: number, key: string): Value | undefined {
	quotedValue.lastIndex = start;
	const quote = quotedValue.exec(text);
	if (quote !== null) {
		const from = quotedValue.lastIndex;
		const end = closingQuote(text, from, quote[1] ?? "", quote[2] as string);
		return { start: from, end, text: text.slice(from, end) };
	}
	const pattern = /(?:authorization|cookie)$/i.test(key) ? restOfLine : bareValue;
	pattern.lastIndex = start;
	const bare = pattern.exec(text);
	return bare === null ? undefined : { start, end: pattern.lastIndex, text: bare[0] };
}

/** Finds the quote that closes a value; an unclosed one reaches to the end of the text, as in JSON that was cut. */
function closingQuote(text: string, from: number, backslashes: string, quote: string): number {
	if (backslashes !== "") {
		const end = text.indexOf(backslashes + quote, from);
		return end === -1 ? text.length : end;
	}
	for (let index = from; index < text.length; index++) {
		if (text[index] === "\\") index++;
		else if (text[index] === quote) return index;
	}
	return text.length;
}
