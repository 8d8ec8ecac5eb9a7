import { CircuitOpenError, footlight, ownPrices } from "@footlight/core";
import { InternalServerError } from "openai";
import { expect, test } from "vitest";
import { reasonOf, startTally } from "./tally.ts";

const prices = ownPrices({ "model-1": { inputUsdPerMillionTokens: 1_000, outputUsdPerMillionTokens: 2_000 } });
const light = footlight("questions", { prices });

/** Runs a pipeline whose one stage answers as the model does, or fails. */
async function reportOf(answer: () => unknown, model = "model-1") {
	const usage = { input_tokens: 10, output_tokens: 5 };
	const pipeline = light
		.pipeline()
		.stage("ask", answer)
		.stage("tell", ["ask"], ({ ask }) => (ask === "usage" ? { model, usage } : { model }), { kind: "model" });
	return (await pipeline.run(undefined)).report;
}

function fail(error: unknown): () => never {
	return () => {
		throw error;
	};
}

test("adds up answers, failures by reason, tokens and money", async () => {
	const tally = startTally();
	for (const answer of [() => "usage", () => "usage", () => "nothing"]) tally.asked(await reportOf(answer));
	for (const error of [new Error("lost"), new Error("lost"), "odd"]) tally.asked(await reportOf(fail(error)));
	tally.ran(await reportOf(() => "usage", "model-2"));
	expect(tally.read()).toEqual({
		answered: 3,
		failed: 3,
		reasons: { lost: 2, odd: 1 },
		inputTokens: 30,
		outputTokens: 15,
		costUsd: 0.04,
		unpricedCalls: 1,
		unmeteredCalls: 1,
		runs: { questions: { ok: 4, error: 3 } },
		stages: { "questions/ask": { ok: 4, error: 3 }, "questions/tell": { ok: 4 } },
	});
	expect(tally.summary()).toBe(
		"3 questions answered, 3 failed (2 x lost, 1 x odd). 30 tokens in, 15 out, $0.0400. " +
			"Calls not in these sums: 1 without a price, 1 without usage.",
	);
});

test("says that none failed", () => {
	expect(startTally().summary()).toBe("0 questions answered, none failed. 0 tokens in, 0 out, $0.0000.");
});

test("names a failure by status and code, or by what caused it", () => {
	expect(reasonOf(new CircuitOpenError("docs-qa.answer", 1_500))).toBe("circuit_open");
	const refusal = { code: null, type: "server_error", message: "x" };
	expect(reasonOf(new InternalServerError(500, refusal, undefined, new Headers()))).toBe("500 server_error");
	expect(reasonOf(new TypeError("terminated", { cause: new Error("other side closed") }))).toBe(
		"terminated: other side closed",
	);
});
