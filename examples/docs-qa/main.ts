import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";
import { answering } from "./answering.ts";
import { readArguments } from "./arguments.ts";
import { indexing } from "./indexing.ts";
import { connectModelService } from "./model-service.ts";
import { progressLine } from "./progress.ts";
import { type Question, questions } from "./questions.ts";
import { reasonOf, startTally } from "./tally.ts";
import { whereToLook } from "./where-to-look.ts";

const pauseMs = 2_000;

const options = readArguments(process.argv.slice(2));
const output = options.json ? process.stderr : process.stdout;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

const telemetry = startTelemetry({ serviceName: "docs-qa", console: !options.json });
const service = await connectModelService(process.env);
output.write(`Answers come from ${service.description}.\n\n`);

// First pipeline: read the documentation and index it. One run, so one trace.
const library = footlight("docs-index", { logger: telemetry.logger });
const indexDocumentation = indexing(library, progressLine(output));
const index = await library.run(() => indexDocumentation(join(import.meta.dirname, "../../node_modules")));

// Second pipeline: answer from it. One run for each question.
const light = footlight("docs-qa", { logger: telemetry.logger });
const openai = light.instrument(service.client, { kind: "model", methods: ["chat.completions.create"] });
const answerQuestion = answering(light, openai, service.model, index);
const tally = startTally();

async function ask({ text, userId, sessionId }: Question): Promise<void> {
	output.write(styleText("bold", `\n${text}\n`, { stream: output }));
	try {
		for await (const part of light.run({ userId, sessionId }, () => answerQuestion(text))) {
			output.write(part.text);
			tally.addTokens(part.usage);
			if (stop.signal.aborted) return;
		}
		tally.answered();
	} catch (error) {
		tally.failed(error);
		output.write(styleText("red", `\nfailed: ${reasonOf(error)}`, { stream: output }));
	} finally {
		output.write("\n");
	}
}

do {
	for (const question of questions) {
		if (stop.signal.aborted) break;
		await ask(question);
		if (!options.once) await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => {});
	}
} while (!options.once && !stop.signal.aborted);

await telemetry.shutdown();
const server = service.stats();
await service.close();
output.write(`\n${tally.summary()}\n${await whereToLook("docs-qa", process.env)}\n`);
if (options.json) process.stdout.write(`${JSON.stringify({ ...tally.read(), server })}\n`);
