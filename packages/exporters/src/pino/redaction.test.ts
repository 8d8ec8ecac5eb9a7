import { describe, expect, test } from "vitest";
import { withoutSecrets } from "./redaction.ts";

const hidden = "[Redacted]";
const through = (value: object): object => JSON.parse(withoutSecrets(JSON.stringify(value)));

describe("withoutSecrets", () => {
	test.each([
		"password",
		"passwd",
		"pwd",
		"passphrase",
		"DB_PASSWORD",
		"secret",
		"client_secret",
		"clientSecret",
		"token",
		"accessToken",
		"refresh_token",
		"id-token",
		"authorization",
		"Authorization",
		"Proxy-Authorization",
		"cookie",
		"Set-Cookie",
		"apiKey",
		"api_key",
		"apikey",
		"x-api-key",
		"OPENAI_API_KEY",
		"aws_secret_access_key",
		"privateKey",
		"connectionString",
		"credentials",
	])("hides the value of %s at any depth", (name) => {
		expect(through({ [name]: "x", a: { [name]: ["x"], b: [{ [name]: { deep: "x" } }] }, z: 1 })).toEqual({
			[name]: hidden,
			a: { [name]: hidden, b: [{ [name]: hidden }] },
			z: 1,
		});
	});

	test.each([
		"max_tokens",
		"gen_ai.usage.input_tokens",
		"tokens",
		"tokenizer",
		"secretary",
		"publicKey",
		"cacheKey",
		"key",
		"author",
		"cookies_enabled",
	])("leaves %s alone", (name) => {
		expect(through({ [name]: 1 })).toEqual({ [name]: 1 });
	});

	test.each([null, true, 12.5, "", 'quote " inside', "back\\slash", "]},{[", {}, [], { a: '"}' }, [["]"]], "ünï ☃"])(
		"finds the end of %j",
		(value) => {
			expect(through({ before: 1, password: value, after: 2 })).toEqual({ before: 1, password: hidden, after: 2 });
			expect(through({ password: value })).toEqual({ password: hidden });
			expect(through([{ password: value }])).toEqual([{ password: hidden }]);
		},
	);

	test("touches no text that only looks like a key", () => {
		const line = JSON.stringify({ msg: '"password":"x"', url: "token: x", note: 'say "secret":' });
		expect(withoutSecrets(line)).toBe(line);
	});

	test("gives back the very line where there is nothing to hide", () => {
		const line = '{"level":30,"msg":"hello","big":12345678901234567890}\n';
		expect(withoutSecrets(line)).toBe(line);
		expect(withoutSecrets(`{"token":"x",${line.slice(1)}`)).toBe(`{"token":"${hidden}",${line.slice(1)}`);
	});

	test("reads a long hostile line in linear time", () => {
		const line = `{"a":"${'\\"'.repeat(500_000)}","password":"${"[".repeat(500_000)}"}`;
		const began = performance.now();
		expect(withoutSecrets(line)).toHaveLength(line.length - 500_000 + hidden.length);
		expect(performance.now() - began).toBeLessThan(2_000);
	});
});
