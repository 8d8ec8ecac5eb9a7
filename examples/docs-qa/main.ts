import { once } from "node:events";
import { devNull } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { CircuitOpenError, footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";
import { answering } from "./answering.ts";
import { readArguments } from "./arguments.ts";
import { indexing } from "./indexing.ts";
import { connectModelService } from "./model-service.ts";
import { startPassageServer } from "./passage-server.ts";
import { progressLine } from "./progress.ts";
import { type Question, questions } from "./questions.ts";
import { reasonOf, startTally } from "./tally.ts";
import { whereToLook } from "./where-to-look.ts";

const pauseMs = 1_000;
/** Readers take longer for a word than the local model does: it is held back. */
const readingMs = 12;

const options = readArguments(process.argv.slice(2));
const output = options.json ? process.stderr : process.stdout;
const write = (text: string) => output.write(text);

const stop = new AbortController();
process.on("SIGINT", () => (stop.signal.aborted ? process.exit(130) : stop.abort()));

const telemetry = startTelemetry({
	serviceName: "docs-qa",
	console: !options.json,
	logger: { destination: options.logs ? output : devNull }, // over OTLP they are sent in any case
});
const { logger } = telemetry;
const metricsUrl = await telemetry.metrics.ready;
const service = await connectModelService(process.env);
write(`Answers come from ${service.description}.\n`);
write(metricsUrl === undefined ? "\n" : `Metrics are at ${metricsUrl} as long as this runs.\n\n`);
const tally = startTally();

// First pipeline: read the documentation and index it. One run, so one trace.
const library = footlight("docs-index", { logger });
const documentation = join(import.meta.dirname, "../../node_modules");
const indexed = await indexing(library, progressLine(output)).run(documentation);
const { chunk, index } = indexed.outputsOrThrow();
const passages = await startPassageServer(chunk);
tally.ran(indexed.report);
await telemetry.flush(); // a collector that does not answer is reported now, not in the middle of an answer

// Second pipeline: answer from it. One run for each question, with tokens and money in its report.
const light = footlight("docs-qa", { logger, prices: service.prices });
const openai = light.instrument(service.client, { kind: "model", methods: ["chat.completions.create"] });
// The line ends before the tree of the run is drawn.
const answers = answering(light, {
	...{ openai, model: service.model, index, passagesUrl: passages.url },
	onEnd: () => write("\n"),
});

async function ask({ text, userId, sessionId }: Question): Promise<void> {
	write(styleText("bold", `\n${text}\n`, { stream: output }));
	const answer = answers.stream(text, { userId, sessionId, signal: stop.signal });
	try {
		for await (const part of answer) {
			write(part);
			await sleep(readingMs);
		}
	} catch (error) {
		if (!stop.signal.aborted) write(styleText("red", `failed: ${reasonOf(error)}\n`, { stream: output }));
	}
	const { report } = await answer.result;
	tally.asked(report);
	if (report.error instanceof CircuitOpenError) await pause(report.error.retryAfterMs ?? 0);
}

async function pause(ms: number): Promise<void> {
	await sleep(ms, undefined, { signal: stop.signal }).catch(() => {});
}

do {
	for (const question of questions) {
		if (stop.signal.aborted) break;
		await ask(question);
		if (!options.once) await pause(pauseMs);
	}
} while (!options.once && !stop.signal.aborted);

if (options.wait && !stop.signal.aborted) {
	write(`\nAll questions were asked. Ctrl-C ends this, and ${metricsUrl ?? "the program"} with it.\n`);
	const aliveMs = 60_000;
	const alive = setInterval(() => {}, aliveMs);
	await once(stop.signal, "abort");
	clearInterval(alive);
}
await telemetry.shutdown();
await service.close();
await passages.close();
write(`\n${tally.summary()}\n${await whereToLook("docs-qa", process.env, metricsUrl)}\n`);
if (options.json)
	process.stdout.write(
		`${JSON.stringify({ ...tally.read(), server: service.stats(), passageRequests: passages.requests() })}\n`,
	);
