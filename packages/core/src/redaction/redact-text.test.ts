import { afterEach, expect, it, vi } from "vitest";
import { redactText, redactTextBy } from "./redact-text.ts";
import { rulesFrom } from "./rules.ts";
import { formedSecrets, harmless, placedSecrets } from "./secret-corpus.fixture.ts";

const hidden = "[REDACTED]";
afterEach(() => vi.unstubAllGlobals());

it.each(Object.entries(formedSecrets))("hides %s", (_name, secret) => {
	expect(redactText(`failed with ${secret}, giving up`)).toContain(`failed with ${hidden}`);
});

it.each(placedSecrets)("hides the secret of $text, without anything of Node", ({ text, secret }) => {
	vi.stubGlobal("Buffer", undefined);
	expect(redactText(text)).not.toContain(secret);
});

it.each(Object.entries(harmless))("leaves what is no secret: %s", (_key, value) => {
	expect(redactText(String(value))).toBe(String(value));
});

it.each([
	["dXNlcjpwdw==", true], // user:pw
	["dXNlcjpwdw", true],
	["dXNlcjpw", true], // user:p
	["dXNlcjpwd", true], // user:p, and a character left over
	["Pz8_Og==", true], // ???:, in the other alphabet
	["dXNlcg==", false], // user
	["authentication", false],
])("takes basic %s for a credential: %s", (value, isCredential) => {
	expect(redactText(`Basic ${value} x`)).toBe(isCredential ? `Basic ${hidden} x` : `Basic ${value} x`);
});

it("takes a pattern that is sticky for one that may match anywhere", () => {
	expect(redactTextBy(rulesFrom("test", { patterns: [/\d{4}/y] }), "no. 1234, 5678")).toBe(`no. ${hidden}, ${hidden}`);
});
