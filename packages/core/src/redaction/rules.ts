import { knownOptions, optionalBoolean, optionalString, refuse, stringList } from "../option.ts";
import { emailPattern, type SecretPattern, secretPatterns } from "./secret-pattern.ts";
import { type Sensitivity, sensitivity } from "./sensitive-key.ts";

/** What stands where a secret was. */
export const defaultMask = "[REDACTED]";

/** What is hidden beside the secrets that the list knows. */
export interface RuleOptions {
	/** What stands where a secret was. @default "[REDACTED]" */
	readonly mask?: string;
	/** Hides email addresses too. @default false */
	readonly emails?: boolean;
	/**
	 * Further keys whose values are hidden, whatever they are: by their whole name, in any case. `email` does not hide
	 * `user.email`, as a word that the list knows, `password` say, hides `user.password`.
	 */
	readonly keys?: readonly string[];
	/** Further patterns whose matches are hidden; keep them linear, they run on every text. */
	readonly patterns?: readonly RegExp[];
}

/** What is hidden, and by what: made by {@link rulesFrom}. */
export interface RedactionRules {
	readonly mask: string;
	readonly patterns: readonly SecretPattern[];
	readonly sensitivity: (key: string) => Sensitivity;
	/** Short texts found clean: names of stages and the like come with every span. */
	readonly clean: Set<string>;
}

export const defaultRules: RedactionRules = {
	mask: defaultMask,
	patterns: secretPatterns,
	sensitivity,
	clean: new Set(),
};

/**
 * The list, with email addresses, further keys and further patterns added.
 *
 * **Throws** TypeError for an option it cannot take.
 *
 * @param where - whose options they are, as errors say it
 */
export function rulesFrom(where: string, options: RuleOptions = {}): RedactionRules {
	knownOptions(where, options, ["mask", "emails", "keys", "patterns"]);
	const { mask = defaultMask, emails = false, keys = [], patterns = [] } = options;
	optionalString(`${where}: mask`, mask);
	optionalBoolean(`${where}: emails`, emails);
	const own = new Set(stringList(`${where}: keys`, keys).map((key) => key.toLowerCase()));
	return {
		mask,
		clean: new Set(),
		patterns: [...secretPatterns, ...(emails ? [emailPattern] : []), ...ownPatterns(`${where}: patterns`, patterns)],
		sensitivity: own.size === 0 ? sensitivity : (key) => (own.has(key.toLowerCase()) ? "named" : sensitivity(key)),
	};
}

function ownPatterns(where: string, patterns: readonly RegExp[]): readonly SecretPattern[] {
	if (!Array.isArray(patterns) || !patterns.every((pattern) => pattern instanceof RegExp)) {
		refuse(TypeError, where, "an array of regular expressions", patterns);
	}
	return patterns.map((pattern) => ({
		name: String(pattern),
		// Without y, by which it would match at the beginning only.
		pattern: new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`),
		replace: (mask) => mask,
	}));
}
