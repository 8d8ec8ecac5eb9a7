import { redactText } from "@footlight/core/redaction";
import { SpanStatusCode } from "@opentelemetry/api";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
	InMemorySpanExporter,
	SimpleSpanProcessor,
	type SpanProcessor,
	TracerProvider,
} from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import {
	formedSecrets,
	harmless,
	placedSecrets,
	sensitiveKeys,
} from "../../../core/src/redaction/secret-corpus.fixture.ts";
import { keepsNested } from "./nested.fixture.ts";
import { type RedactionOptions, redaction, redactionForLogs } from "./redaction.ts";
import type { SpanLike } from "./span-shape.ts";

/** A span as an exporter behind `redaction()` gets it. */
function exported(
	fill: (span: ReturnType<ReturnType<TracerProvider["getTracer"]>["startSpan"]>) => void,
	options?: RedactionOptions,
) {
	const exporter = new InMemorySpanExporter();
	const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter }), redaction(options)] });
	const span = provider.getTracer("test").startSpan("name");
	fill(span);
	span.end();
	const [ended] = exporter.getFinishedSpans();
	if (ended === undefined) throw new Error("no span was exported");
	return ended;
}

/** Everything an exporter would send of a span, as text. */
function content(span: SpanLike): string {
	return JSON.stringify([span.attributes, span.events, span.links, span.status]);
}

const secretCount = Object.keys(formedSecrets).length + placedSecrets.length + sensitiveKeys.length;
const inJson = (secret: string) => JSON.stringify(secret).slice(1, -1);

test("the corpus holds at least 100 secrets and 40 look-alikes", () => {
	expect(secretCount).toBeGreaterThanOrEqual(100);
	expect(Object.keys(harmless).length).toBeGreaterThanOrEqual(40);
});

describe("no secret survives", () => {
	test.each(Object.entries(formedSecrets))("%s, anywhere in a span", (_name, secret) => {
		const span = exported((span) => {
			span.setAttributes({
				...{
					value: secret,
					sentence: `failed with ${secret}, giving up`,
					list: ["a", secret],
					quoted: `x="${secret}"`,
				},
				...{ json: JSON.stringify({ a: [{ b: secret }] }), nested: { deep: [{ value: secret }] } },
				...{ "url.full": `https://example.com/a?x=${encodeURI(secret)}&y=1`, "http.request.header.x-custom": [secret] },
			});
			const error = new Error(`cannot use ${secret}`);
			span.recordException(error);
			span.addEvent("note", { text: `(${secret})` });
			span.addLink({ context: span.spanContext(), attributes: { from: secret } });
			span.setStatus({ code: SpanStatusCode.ERROR, message: `refused: ${secret}` });
		});
		const text = content(span);
		expect(text).not.toContain(inJson(secret));
		// Neither does its half: the middle, which a mask that stops too early would leave.
		expect(text).not.toContain(inJson(secret).slice(10));
		expect(text).toContain("[REDACTED]");
		expect(span.name).toBe("name");
	});

	test.each(placedSecrets)("$text", ({ text, secret }) => {
		expect(redactText(text)).not.toContain(secret);
		const span = exported((span) => {
			span.setAttributes({ text, list: [text], nested: { text }, json: JSON.stringify({ text }) });
			span.recordException(new Error(text));
			span.setStatus({ code: SpanStatusCode.ERROR, message: text });
		});
		expect(content(span)).not.toContain(inJson(secret));
	});

	test.each(sensitiveKeys)("the value of %s", (key) => {
		const value = "Tr0ub4dor";
		const span = exported((span) => {
			span.setAttributes({ [key]: value, [`${key}`]: value });
			span.setAttribute("list", JSON.stringify([{ [key]: value }]));
			span.setAttribute("nested", { [key]: { deep: [value] } });
			span.setAttribute("text", `${key}: ${value}`);
			span.addEvent("event", { [key]: value });
		});
		expect(content(span)).not.toContain(value);
	});

	test("numbers under a telling key, and in a card's form", () => {
		const span = exported((span) => span.setAttributes({ pin_password: 1234, amount: 4_111_111_111_111_111, n: 7 }));
		expect(span.attributes).toEqual({ pin_password: "[REDACTED]", amount: "[REDACTED]", n: 7 });
	});

	test("command-line flags and header entries", () => {
		const args = ["node", "x.js", "--password", "abc", "--n", "1"];
		const span = exported((span) => span.setAttributes({ args, headers: ["accept", "*/*", "x-api-key", "abc"] }));
		expect(content(span)).not.toContain("abc");
		expect(span.attributes.args).toEqual(["node", "x.js", "--password", "[REDACTED]", "--n", "1"]);
	});

	test("what is too deep or circular to look at is hidden", () => {
		const bottom = { password: "abc" };
		let nested: object = bottom;
		for (let depth = 0; depth < 30; depth++) nested = { nested };
		expect(content(exported((span) => span.setAttribute("deep", nested)))).not.toContain("abc");
	});
});

describe("what is no secret stays", () => {
	test.each(Object.entries(harmless))("%s", (key, value) => {
		const span = exported((span) => {
			span.setAttributes({ [key]: value, nested: { [key]: value } });
			span.setStatus({ code: SpanStatusCode.ERROR, message: String(value) });
		});
		expect(span.attributes[key]).toBe(value);
		expect(span.attributes.nested).toEqual(keepsNested ? { [key]: value } : undefined);
		expect(span.status.message).toBe(String(value));
	});

	test("the rest of a text around a secret", () => {
		expect(redactText(`GET /v1?page=2&token=abcdef123&sort=asc gave 401`)).toBe(
			"GET /v1?page=2&token=[REDACTED]&sort=asc gave 401",
		);
		expect(redactText(`postgres://app:pw@db:5432/x is down`)).toBe("postgres://[REDACTED]@db:5432/x is down");
		expect(redactText(`{"user":"ada","password":"x","n":[1]`)).toBe(`{"user":"ada","password":"[REDACTED]","n":[1]`);
	});
});

test("hides email addresses only when asked to", () => {
	const fill = (span: { setAttribute(key: string, value: string): unknown }) =>
		span.setAttribute("to", "mail ada@example.com");
	expect(exported(fill).attributes.to).toBe("mail ada@example.com");
	expect(exported(fill, { emails: true }).attributes.to).toBe("mail [REDACTED]");
});

test("takes further keys and patterns, a mask, and attributes to leave alone", () => {
	const options = { keys: ["Patient"], patterns: [/CASE-\d+/], mask: "***", allowKeys: ["auth_token"] };
	const span = exported(
		(span) => span.setAttributes({ patient: "Ada", note: "see CASE-123", auth_token: "abc", text: "patient: Ada" }),
		options,
	);
	expect(span.attributes).toEqual({ patient: "***", note: "see ***", auth_token: "abc", text: "patient: ***" });
});

test("never changes an object of the application", () => {
	const own = { password: "abc", list: [{ token: "abc" }] };
	const copy = structuredClone(own);
	const span = exported((span) => span.setAttribute("own", own));
	expect(content(span)).not.toContain("abc");
	expect(own).toEqual(copy);
});

test("edits at the end of the span where the SDK does not announce it", () => {
	const processor = redaction();
	const span = { attributes: { password: "abc" }, events: [], links: [], status: { code: 2, message: "token=abc" } };
	processor.onEnd(span);
	expect(JSON.stringify(span)).not.toContain("abc");
});

test("hides secrets in log records, body and attributes, and in no other way changes them", () => {
	const exporter = new InMemoryLogRecordExporter();
	const processors = [redactionForLogs(), new SimpleLogRecordProcessor({ exporter })];
	const logger = new LoggerProvider({ processors }).getLogger("test");
	logger.emit({ body: "login with password=abc", attributes: { token: "abc", n: 1 }, eventName: "a.b" });
	logger.emit({ body: { user: "ada", password: "abc" } });
	logger.emit({ body: "plain" });
	const [first, second, third] = exporter.getFinishedLogRecords();
	expect(first).toMatchObject({ body: "login with password=[REDACTED]", attributes: { token: "[REDACTED]", n: 1 } });
	expect(second?.body).toEqual({ user: "ada", password: "[REDACTED]" });
	expect(third?.body).toBe("plain");
});

test("fits the span processors of the SDK by type", () => {
	const processor: SpanProcessor = redaction();
	expect(processor.onEnding).toBeTypeOf("function");
});

test("refuses unknown options and wrong types", () => {
	expect(() => redaction({ key: ["a"] } as never)).toThrow(/redaction: unknown option "key"; known options are mask,/);
	expect(() => redaction({ keys: "a" } as never)).toThrow('redaction: keys must be an array of strings, got "a"');
	expect(() => redactionForLogs({ emails: 1 } as never)).toThrow(
		"redactionForLogs: emails must be true or false, got 1",
	);
});

// Each is built so that a careless pattern would look at it again from every position.
const hostile: Record<string, (size: number) => string> = {
	letters: (size) => "a".repeat(size),
	"word characters": (size) => "a-_".repeat(size / 3),
	digits: (size) => "4".repeat(size),
	"digit groups": (size) => "4111 ".repeat(size / 5),
	"starts of JWTs": (size) => "eyJ".repeat(size / 3),
	"starts of JWTs apart": (size) => "eyJaaaaaaaaaaa ".repeat(size / 15),
	"starts of keys": (size) => "-----BEGIN RSA PRIVATE KEY-----".repeat(size / 31),
	"almost starts of keys": (size) => "-----BEGIN ".repeat(size / 11),
	"sk- without end": (size) => "sk-a".repeat(size / 4),
	schemes: (size) => "a://".repeat(size / 4),
	"schemes and colons": (size) => "http://a:".repeat(size / 9),
	"open quotes": (size) => 'password="'.repeat(size / 10),
	"escaped quotes": (size) => 'x=\\"'.repeat(size / 4),
	backslashes: (size) => "\\".repeat(size),
	"keys without values": (size) => "password=".repeat(size / 9),
	"keys and spaces": (size) => "token    ".repeat(size / 9),
	flags: (size) => "--a ".repeat(size / 4),
	bearers: (size) => "bearer ".repeat(size / 7),
	"bearer and run": (size) => `bearer ${"a".repeat(size)}`,
	addresses: (size) => "a@a.".repeat(size / 4),
	dots: (size) => "a.".repeat(size / 2),
	brackets: (size) => "[".repeat(size),
	"commas in a value": (size) => `password=${",a".repeat(size / 2)}`,
	spaces: (size) => " ".repeat(size),
};

test.each(Object.entries(hostile))("takes time in proportion to a hostile text: %s", (_name, build) => {
	const measure = (size: number) => {
		const text = build(size);
		const started = process.cpuUsage();
		redactText(text);
		return process.cpuUsage(started).user / 1_000;
	};
	measure(10_000);
	const small = measure(100_000);
	const large = measure(1_000_000);
	// Quadratic time would be a hundredfold; the floor keeps noise out, and time of the processor other processes.
	expect(large).toBeLessThan(Math.max(small, 15) * 40);
	expect(large).toBeLessThan(3_000);
});
