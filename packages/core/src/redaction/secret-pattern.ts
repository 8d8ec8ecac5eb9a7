// Longer than most files: one table, and a table reads best in one place.

/**
 * What secrets look like, wherever they stand.
 *
 * Sources: the providers' own pages on their token formats, GitHub's list of secret-scanning patterns, and the default
 * rules of gitleaks and of trufflehog; no maintained npm package offers such a table for use at run time (secretlint
 * lints files and is asynchronous; the redaction packages know a handful of formats each). Each pattern is linear: it
 * starts with a fixed prefix that may not follow a letter or digit, and has no quantifier inside a quantifier.
 */
const prefixedTokens: readonly string[] = [
	// Clouds
	"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])", // AWS access key ids
	"A3T[A-Z0-9]{17}(?![A-Za-z0-9])",
	"ABSK[A-Za-z0-9+/]{100,}={0,2}", // Amazon Bedrock API keys
	"AIza[\\w-]{35}", // Google API keys
	"ya29\\.[\\w-]{20,}", // Google OAuth access tokens
	"GOCSPX-[\\w-]{20,}",
	"1//0[\\w-]{30,}", // Google refresh tokens
	"do[oprt]_v1_[0-9a-f]{64}", // DigitalOcean
	"v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,}", // Cloudflare origin CA
	"HRKU-[\\w-]{36,}",
	"FlyV1 fm[12][ar]?_[\\w+/=,-]{40,}",
	"nfp_[A-Za-z0-9]{36,}", // Netlify
	"dapi[0-9a-f]{32}", // Databricks
	"hv[sbr]\\.[\\w-]{24,}", // HashiCorp Vault
	"(?:pul-[0-9a-f]{40})",
	"dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.-]{40,}", // Doppler
	"pscale_(?:tkn|pw|oauth)_[\\w=.-]{32,}",
	"sbp_[0-9a-f]{40}",
	"sb_secret_[\\w-]{20,}", // Supabase
	"AGE-SECRET-KEY-1[A-Z0-9]{58}",
	// Code hosts and registries
	"gh[pousr]_[A-Za-z0-9_]{20,255}",
	"github_pat_[A-Za-z0-9_]{22,255}",
	"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct|wt)-[\\w.-]{20,300}", // GitLab
	"npm_[A-Za-z0-9]{36}",
	"pypi-[\\w-]{50,}",
	"rubygems_[0-9a-f]{48}",
	"dckr_(?:pat|oat)_[\\w-]{20,}",
	"ATATT3[\\w=-]{50,}", // Atlassian
	"ATCTT3[\\w=-]{50,}",
	"ATBB[A-Za-z0-9]{28,}",
	"CCIPAT_[A-Za-z0-9]{20,}_[0-9a-f]{30,}",
	"bk(?:ua|ct|at)_[0-9a-f]{40}", // Buildkite
	"figd_[\\w-]{36,}",
	"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
	// Models and retrieval
	"(?:gsk|pcsk)_[A-Za-z0-9_]{40,}", // Groq, Pinecone
	"hf_[A-Za-z0-9]{30,}",
	"r8_[A-Za-z0-9]{30,}",
	"xai-[A-Za-z0-9]{60,}",
	"pplx-[A-Za-z0-9]{40,}",
	"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
	"tvly-(?:dev-|prod-)?[A-Za-z0-9]{28,}",
	"nvapi-[\\w-]{60,}",
	"fw_[A-Za-z0-9]{22,}",
	"jina_[\\w-]{40,}",
	// Messages and mail
	"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
	"xoxe\\.xox[bp]-[A-Za-z0-9-]{20,250}",
	"xapp-\\d-[A-Za-z0-9-]{20,250}",
	"SG\\.[\\w-]{16,}\\.[\\w-]{16,}", // SendGrid
	"key-[0-9a-f]{32}(?![0-9a-f])", // Mailgun
	"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
	"SK[0-9a-f]{32}(?![0-9a-f])", // Twilio
	"\\d{8,10}:AA[\\w-]{33}", // Telegram
	"[MNO][A-Za-z\\d]{23,25}\\.[\\w-]{6}\\.[\\w-]{27,40}", // Discord
	"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}", // Resend
	// Payment and shops
	"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,250}",
	"whsec_[A-Za-z0-9+/=]{24,}",
	"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
	"sq0(?:atp|csp)-[\\w-]{22,43}",
	"EAA[A-Za-z0-9]{60,}", // Facebook, Square
	// Observability and tools
	"gls[ab]_[A-Za-z0-9]{32}_[0-9a-f]{8}",
	"glc_[A-Za-z0-9+/=]{32,}", // Grafana
	"NRAK-[A-Z0-9]{27}",
	"sntry[su]_[A-Za-z0-9+/=_]{40,}",
	"lin_(?:api|oauth)_[A-Za-z0-9]{40,}",
	"(?:secret|ntn)_[A-Za-z0-9]{40,}", // Notion
	"pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}", // Airtable
	"phx_[A-Za-z0-9]{40,}", // PostHog personal keys
	"[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,}", // Terraform
	"[A-Za-z0-9_~.]{3}\\dQ~[A-Za-z0-9_~.-]{31,34}", // Microsoft Entra client secrets
	// Signed tokens, signed or encrypted (JWS, JWE)
	"eyJ[\\w-]{10,}\\.[\\w-]{4,}(?:\\.[\\w-]*){0,3}",
];

/** Replaces what it finds in a text; `undefined` as replacement leaves the find as it is. */
export interface SecretPattern {
	readonly name: string;
	/** Global; every match is offered to `replace`. */
	readonly pattern: RegExp;
	readonly replace: (mask: string, match: readonly string[]) => string | undefined;
}

/** Patterns tried on every text, in this order. */
export const secretPatterns: readonly SecretPattern[] = [
	{
		name: "private key",
		// A key cut off before its end is hidden up to the end of the text.
		pattern:
			/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
		replace: (mask) => mask,
	},
	{
		name: "credentials in a URL",
		pattern: /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/)([^\s/?#"'<>\\]{1,1024})@/g,
		replace: (mask, [, scheme, userInfo = ""]) =>
			userInfo.includes(":") || looksIssued(userInfo) ? `${scheme}${mask}@` : undefined,
	},
	{
		name: "webhook address",
		pattern:
			/(hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|\.webhook\.office\.com\/webhookb2\/|api\.telegram\.org\/bot)[^\s"'<>\\]{8,}/g,
		replace: (mask, [, address]) => `${address}${mask}`,
	},
	{
		name: "token with a known prefix",
		pattern: new RegExp(`(?<![A-Za-z0-9])(?:${prefixedTokens.join("|")})`, "g"),
		replace: (mask) => mask,
	},
	{
		name: "sk- key",
		// OpenAI, Anthropic, OpenRouter, Langfuse, DeepSeek ...; words joined by hyphens have no digits.
		pattern: /(?<![A-Za-z0-9])sk-[\w-]{20,300}/g,
		replace: (mask, [match = ""]) => (/\d/.test(match) ? mask : undefined),
	},
	{
		name: "bearer token",
		pattern: /\b(bearer|apikey|api-key|ssws|geniekey)(\s{1,4}|%20|\+)([\w.~+/=:-]{8,4096})/gi,
		replace: (mask, [, scheme = "", space, value = ""]) =>
			looksIssued(value) || (scheme.toLowerCase() === "bearer" && value.length >= 16 && /[A-Z_=.]/.test(value))
				? `${scheme}${space}${mask}`
				: undefined,
	},
	{
		name: "basic authentication",
		pattern: /\b(basic)(\s{1,4}|%20)([\w+/=-]{6,4096})/gi,
		replace: (mask, [, scheme, space, value = ""]) =>
			isBasicCredential(value) ? `${scheme}${space}${mask}` : undefined,
	},
	{
		name: "digest authentication",
		pattern: /\b(digest\s{1,4})username=[^\r\n]*/gi,
		replace: (mask, [, scheme]) => `${scheme}${mask}`,
	},
	{
		name: "payment card",
		pattern:
			/(?<![\w.+-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|3[47]\d{2}([ -])\d{6}\2\d{5})(?![\w-]|\.\d)/g,
		replace: (mask, [digits = ""]) => (isPaymentCard(digits.replace(/[ -]/g, "")) ? mask : undefined),
	},
];

/** Addresses of people; hidden only when asked for, because they are often the identity a trace is searched by. */
export const emailPattern: SecretPattern = {
	name: "email address",
	pattern: /(?<![\w.+%-])[\w.+%-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}/g,
	replace: (mask) => mask,
};

/** True for the string a machine hands out: long, and mixing digits with letters. */
function looksIssued(text: string): boolean {
	return text.length >= 16 && /\d/.test(text) && /[A-Za-z]/.test(text);
}

function isBasicCredential(value: string): boolean {
	// Either alphabet, with padding or without; a character that is left over has no byte of its own.
	const digits = value.replace(/=.*$/, "").replaceAll("-", "+").replaceAll("_", "/");
	const decoded = atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits);
	return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(decoded);
}

const cardIssuers = /^(?:4|5[1-5]|2[2-7]|3[47]|3(?:0[0-5]|[689])|35|6(?:011|4[4-9]|5))/;

/** True for digits that an issuer gives out and whose check digit is right (ISO/IEC 7812, Luhn). */
export function isPaymentCard(digits: string): boolean {
	if (!/^\d{13,19}$/.test(digits) || !cardIssuers.test(digits)) return false;
	let sum = 0;
	for (let index = 0; index < digits.length; index++) {
		let digit = digits.charCodeAt(digits.length - 1 - index) - 48;
		if (index % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 === 0;
}
