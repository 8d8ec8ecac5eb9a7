// The one list of what secrets look like, for processors and sinks of Footlight's own packages and of others.

export { redactText, redactTextBy } from "./redact-text.ts";
export { redactMembers, redactValue } from "./redact-value.ts";
export { defaultMask, type RedactionRules, type RuleOptions, rulesFrom } from "./rules.ts";
