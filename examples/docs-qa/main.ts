import { once } from "node:events";
import { constants, devNull } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { budget, footlight, observe } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";
import { answering } from "./answering.ts";
import { readArguments } from "./arguments.ts";
import { startAuditLog } from "./audit-log.ts";
import { backgroundTraces } from "./background-traces.ts";
import { captionTitle } from "./captions.ts";
import { connectFlags } from "./flags.ts";
import { followingUp } from "./follow-up.ts";
import { startHealthChecks } from "./health-checks.ts";
import { indexing } from "./indexing.ts";
import { connectModelService } from "./model-service.ts";
import { startPassageServer } from "./passage-server.ts";
import { progressLine } from "./progress.ts";
import { startReader } from "./reader.ts";
import { reasonOf, startTally } from "./tally.ts";
import { whereToLook } from "./where-to-look.ts";

const options = readArguments(process.argv.slice(2));
const output = options.json ? process.stderr : process.stdout;
const write = (text: string) => output.write(text);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.on(signal, () => (stop.signal.aborted ? process.exit(128 + constants.signals[signal]) : stop.abort()));

const telemetry = startTelemetry({
	serviceName: "docs-qa",
	console: !options.json,
	logger: { destination: options.logs ? output : devNull }, // over OTLP they are sent in any case
});
const { logger } = telemetry;
const metricsUrl = await telemetry.metrics.ready;
const service = await connectModelService(process.env, options.users);
const { prices } = service;
write(`Answers come from ${service.description}.\n`);
write(metricsUrl === undefined ? "\n" : `Metrics are at ${metricsUrl} as long as this runs.\n\n`);
const tally = startTally();

// First pipeline: read the documentation and index it. One run, so one trace.
const library = footlight("docs-index", { logger });
const documentation = join(import.meta.dirname, "../../node_modules");
const indexed = await indexing(library, progressLine(output)).run(documentation);
const { chunk, index } = indexed.outputsOrThrow();
tally.ran(indexed.report);
await telemetry.flush(); // a collector that does not answer is reported now, not in the middle of an answer

// What stands around it: the texts, the flags, an audit log, somebody who looks whether all is well.
const passages = await startPassageServer(chunk, options.users);
const flags = await connectFlags();
const audit = await startAuditLog();
const background = backgroundTraces("docs-qa", (pipeline) => pipeline === "docs-health");
const stopHealthChecks = startHealthChecks(passages.url, background.tracerProvider);
const captions = captionTitle(output);

// Of several who read at the same time, nobody wants to see every word.
const show = options.users === 1 ? write : () => {};
const hear = {
	asked: (question: string) => show(styleText("bold", `\n${question}\n`, { stream: output })),
	word: show,
	failed: (error: unknown) => show(styleText("red", `failed: ${reasonOf(error)}\n`, { stream: output })),
};

// Second pipeline: answer from it. One run for each question, with tokens and money in its report.
const allowance = budget({
	...{ name: "readers", limitUsd: 0.0015, per: ({ ids }) => ids.userId, windowMs: 60_000, onExceeded: "warn" },
});
const today = budget({ name: "today", limitUsd: 1, per: "process", windowMs: 86_400_000, onExceeded: "warn" });
const light = footlight("docs-qa", { logger, prices, use: [observe(), today, allowance] });
const answers = answering(light, {
	openai: light.instrument(service.client, { kind: "model", methods: ["chat.completions.create"] }),
	...{ model: service.model, index, passagesUrl: passages.url, flags: flags.client },
	openMs: options.once ? 1_000 : 3_000, // long enough to be seen on a dashboard
	onCaption: captions.show,
	onEnd: () => hear.word("\n"), // the line ends before the tree of the run is drawn
});

// Third pipeline: what follows from an answer, in traces of the background.
const lightBehind = footlight("docs-follow-up", { logger, prices, tracerProvider: background.tracerProvider });
const { client, model } = service.small;
const followUps = followingUp(lightBehind, {
	client: lightBehind.instrument(client, { kind: "model", methods: ["chat.completions.create"] }),
	model,
});

await Promise.all(
	Array.from({ length: options.users }, (_, reader) =>
		startReader({
			...{ reader, readers: options.users, once: options.once, signal: stop.signal },
			...{ answers, followUps, audit, hear, report: tally },
		}),
	),
);

if (options.wait && !stop.signal.aborted) {
	await audit.flush(5_000);
	write(`\nAll questions were asked. Ctrl-C ends this, and ${metricsUrl ?? "the program"} with it.\n`);
	const aliveMs = 60_000;
	const alive = setInterval(() => {}, aliveMs);
	await once(stop.signal, "abort");
	clearInterval(alive);
}
captions.clear();
await stopHealthChecks();
await audit.close(2_000);
await background.shutdown();
await telemetry.shutdown();
await Promise.all([flags.close(), service.close(), passages.close()]);
write(`\n${tally.summary()}\n${await whereToLook("docs-qa", process.env, metricsUrl)}\n`);
if (options.json) {
	const counted = {
		...service.stats(),
		passages: passages.stats(),
		audit: audit.stats(),
		background: background.report(),
	};
	process.stdout.write(`${JSON.stringify({ ...tally.read(), ...counted })}\n`);
}
