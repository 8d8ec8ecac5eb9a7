import { InternalServerError } from "openai";
import { expect, test } from "vitest";
import { reasonOf, startTally } from "./tally.ts";

const usage = (input: number, output: number) => ({
	prompt_tokens: input,
	completion_tokens: output,
	total_tokens: input + output,
});

test("counts answers, failures by reason, and tokens", () => {
	const tally = startTally();
	tally.answered(undefined);
	tally.answered(usage(10, 2));
	tally.answered(usage(5, 1));
	tally.failed(new Error("lost"));
	tally.failed(new Error("lost"));
	tally.failed("odd");
	expect(tally.read()).toEqual({
		answered: 3,
		failed: 3,
		reasons: { lost: 2, odd: 1 },
		inputTokens: 15,
		outputTokens: 3,
	});
	expect(tally.summary()).toBe("3 questions answered, 3 failed (2 x lost, 1 x odd). 15 tokens in, 3 out.");
});

test("says that none failed", () => {
	expect(startTally().summary()).toBe("0 questions answered, none failed. 0 tokens in, 0 out.");
});

test("names a failure by status and code, or by what caused it", () => {
	const refusal = { code: null, type: "server_error", message: "x" };
	expect(reasonOf(new InternalServerError(500, refusal, undefined, new Headers()))).toBe("500 server_error");
	expect(reasonOf(new TypeError("terminated", { cause: new Error("other side closed") }))).toBe(
		"terminated: other side closed",
	);
});
