/**
 * How far a key's name gives its value away: `named` is one that the user gave, and hides whatever stands under it,
 * `strong` hides strings and numbers, `weak` strings only (a `token` that is a number is a count).
 */
export type Sensitivity = "named" | "strong" | "weak" | undefined;

// A key is judged by its last words, because `password_length` and `token_count` say nothing secret.
const strongLastWords = new Set(
	"password passwords passwd pwd passphrase passcode secret secrets credential credentials authorization cookie cookies apikey apikeys apitoken accesstoken accesskey privatekey secretkey jwt otp totp cvv cvc cvv2 ssn mnemonic htpasswd".split(
		" ",
	),
);
const weakLastWords = new Set(["token", "auth", "pass", "pin", "bearer"]);
const strongLastPairs = new Set([
	...["api key", "api keys", "access key", "private key", "secret key", "signing key", "encryption key", "master key"],
	...["account key", "shared key", "auth key", "service key", "session key", "deploy key", "ssh key", "hmac key"],
	...["credit card", "card number", "security code", "verification code", "recovery code", "recovery codes"],
	...["backup code", "backup codes", "password hash", "seed phrase", "key material", "pass phrase", "auth code"],
	...["authorization code", "client assertion", "sas key", "license key", "subscription key", "session cookie"],
]);
// What a "token" is when the word before it is one of these: a position in a text or a list.
const harmlessTokenOwners = new Set(
	"page next previous prev continuation continue start stop end eos bos pad unk mask sep cls first last unexpected per special cancellation cancel sync resume".split(
		" ",
	),
);
// Only in the query of a URL: elsewhere these words are too common.
const queryWords = new Set(["sig", "signature", "key", "code", "sid", "hmac", "assertion", "samlresponse"]);
const queryPairs = new Set(["amz credential", "goog credential", "amz signature", "goog signature"]);

const cache = new Map<string, Sensitivity>();
const cacheLimit = 2_000;

/** Says how sensitive the value under a key is, by the key's last words, in any spelling (snake, kebab, camel, dots). */
export function sensitivity(key: string): Sensitivity {
	const known = cache.get(key);
	if (known !== undefined || cache.has(key)) return known;
	const found = judge(wordsOf(key));
	if (cache.size >= cacheLimit) cache.clear();
	if (key.length <= 200) cache.set(key, found);
	return found;
}

/** As {@link sensitivity}, for a parameter in the query of a URL. */
export function querySensitivity(key: string, value: string): Sensitivity {
	const found = sensitivity(key);
	if (found !== undefined) return found;
	const words = wordsOf(key);
	const last = words.at(-1) ?? "";
	if (queryPairs.has(words.slice(-2).join(" "))) return "strong";
	if (!queryWords.has(last) || words.length > 3) return undefined;
	// `?code=404` and `?key=title` are no secrets; what is handed out is long and mixed.
	const looksIssued = last.startsWith("sig") ? value.length >= 8 : value.length >= 16 && /\d/.test(value);
	return looksIssued ? "strong" : undefined;
}

function judge(words: readonly string[]): Sensitivity {
	const last = words.at(-1);
	if (last === undefined) return undefined;
	if (strongLastWords.has(last)) return "strong";
	const before = words.at(-2) ?? "";
	if (strongLastPairs.has(`${before} ${last}`)) return "strong";
	if (last === "token" && harmlessTokenOwners.has(before)) return undefined;
	return weakLastWords.has(last) ? "weak" : undefined;
}

function wordsOf(key: string): string[] {
	const words = key
		.slice(-120)
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter((word) => word !== "");
	while (words.length > 1 && /^\d+$/.test(words.at(-1) ?? "")) words.pop(); // DB_PASSWORD_2
	return words;
}
