import { expect, test } from "vitest";
import { composeAnswer } from "./compose-answer.ts";

const ask = (content: string) => composeAnswer([{ role: "user", content }]);

test("joins sentences of several passages where one does not cover the question", () => {
	const answer = ask(
		"[1] a.md > A\nThe engine needs oil every year.\n\n[2] b.md > B\nThe brakes are checked by hand.\n\nQuestion: What about engine oil and brakes?",
	);
	expect(answer).toBe(
		"The engine needs oil every year. [1] The brakes are checked by hand. [2]\n\nSources:\n[1] a.md > A\n[2] b.md > B",
	);
});

test("never answers with code", () => {
	const answer = ask(
		"[1] d.md > D\n```\nconst redact = true; use redact here\n```\n\nPaths to redact are given as a list.\n\nQuestion: How to redact?",
	);
	expect(answer).toMatch(/^Paths to redact are given as a list\. \[1\]/);
	expect(answer).not.toContain("const");
});

test.each([
	["no passages", "Question: What is this?"],
	["nothing about the question", "[1] e.md > E\nThe sky looks blue today.\n\nQuestion: Which gear is best?"],
	["no question", "just some words"],
	["an empty prompt", ""],
])("says that it cannot answer with %s", (_, prompt) => {
	expect(ask(prompt)).toBe("The passages given do not answer this question.");
});

test("stays fast on a long prompt without any structure", () => {
	const startMs = performance.now();
	ask(`${"[1 ] ``` Question ".repeat(40_000)}`);
	expect(performance.now() - startMs).toBeLessThan(2_000);
});
