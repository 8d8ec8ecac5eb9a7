import { describe, expect, it } from "vitest";
import { type Charge, type CostOptions, cost, footlight, type Middleware, observe, ownPrices } from "../index.ts";
import { middlewareContract, recordingTracerProvider } from "../testing/index.ts";

middlewareContract("cost", () => cost({ usage: () => ({ inputTokens: 1 }) }), { describe, it });

const answer = { model: "m", usage: { input_tokens: 3, output_tokens: 1 } };
const prices = ownPrices({ m: { inputUsdPerMillionTokens: 1_000_000, outputUsdPerMillionTokens: 2_000_000 } });

describe("cost", () => {
	it("in a list stands where it is put, and no second one beside it", async () => {
		const charges: Charge[] = [];
		const short: Middleware = () => async () => answer;
		const light = footlight("docs-qa", { tracerProvider: recordingTracerProvider() });
		const ask = light.stage("ask", async (_: unknown) => answer, {
			kind: "model",
			use: [cost({ prices, onCharge: (charge) => void charges.push(charge) }), short],
		});
		await ask({ model: "m" });
		expect(charges).toMatchObject([{ spend: { costUsd: 5 }, stage: "ask" }]);
	});

	it("in the list of the pipeline meters models, and neither runs nor other stages", async () => {
		const charges: Charge[] = [];
		const light = footlight("docs-qa", {
			use: [observe(), cost()],
			prices,
			onCharge: (charge) => void charges.push(charge),
		});
		const ask = light.stage("ask", async (_: unknown) => answer, { kind: "model" });
		const load = light.stage("load", async () => answer);
		await light.run(async () => {
			await load();
			return ask({ model: "m" });
		});
		expect(charges.map(({ stage }) => stage)).toEqual(["ask"]);
	});

	it("twice around one call charges it once, by the inner one", async () => {
		const charges: Charge[] = [];
		const light = footlight("docs-qa", {
			use: [observe(), cost()],
			prices,
			onCharge: (charge) => void charges.push(charge),
		});
		const free = ownPrices({ m: { inputUsdPerMillionTokens: 0 } });
		await light.stage("ask", async (_: unknown) => answer, { kind: "model", use: [cost({ prices: free })] })({
			model: "m",
		});
		expect(charges).toMatchObject([{ spend: { costUsd: 0, inputTokens: 3 } }]);
	});

	it.each<[CostOptions, string]>([
		[{ prices: {} } as CostOptions, "cost: prices must have a method price, got an object"],
		[{ prices: [prices, 5] } as CostOptions, "cost: prices[1] must have a method price, got 5"],
		[{ usage: "usage" } as unknown as CostOptions, 'cost: usage must be a function, got "usage"'],
		[{ onCharge: 5 } as unknown as CostOptions, "cost: onCharge must be a function, got 5"],
		[{ price: prices } as CostOptions, 'cost: unknown option "price"; known options are usage, prices, onCharge'],
	])("refuses %j", (options, message) => {
		expect(() => cost(options)).toThrow(new TypeError(message));
	});

	it("has its options refused by footlight and by a stage too", () => {
		expect(() => footlight("docs-qa", { prices: {} as never })).toThrow("footlight: prices must have a method price");
		expect(() => footlight("docs-qa", { onCharge: 5 as never })).toThrow(
			"footlight: onCharge must be a function, got 5",
		);
		expect(() => footlight("docs-qa").stage("ask", () => 1, { usage: 5 as never })).toThrow(
			"stage: usage must be a function, got 5",
		);
	});
});
