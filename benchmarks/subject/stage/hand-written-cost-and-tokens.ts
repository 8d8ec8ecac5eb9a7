import { costByHand } from "../../hand-written.ts";
import { otelMetering } from "../../meter.ts";
import { request } from "../../model.ts";

const metering = otelMetering();
const meter = metering.meterProvider.getMeter("benchmark");
const tokens = meter.createCounter("tokens");
const input = meter.createCounter("gen_ai.client.inference.usage.input_tokens");
const output = meter.createCounter("gen_ai.client.inference.usage.output_tokens");
const cacheRead = meter.createCounter("gen_ai.client.inference.usage.cache_read.input_tokens");
const model = { "gen_ai.provider.name": "openai", "gen_ai.request.model": request.model };

/** The same with every counter that Footlight has for a model: tokens by type, and those of the GenAI conventions. */
const { default: stage, recorded } = costByHand(metering, (usage) => {
	const cached = usage.prompt_tokens_details.cached_tokens;
	const own = { "pipeline.name": "benchmark", "stage.name": "ask", ...model };
	const conventional = { "gen_ai.operation.name": "chat", ...model };
	tokens.add(usage.prompt_tokens, { ...own, "gen_ai.token.type": "input" });
	tokens.add(usage.completion_tokens, { ...own, "gen_ai.token.type": "output" });
	tokens.add(cached, { ...own, "gen_ai.token.type": "cache_read" });
	input.add(usage.prompt_tokens, conventional);
	output.add(usage.completion_tokens, conventional);
	cacheRead.add(cached, conventional);
});

export default stage;
export { recorded };
