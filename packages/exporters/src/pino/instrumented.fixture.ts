import { register } from "node:module";
import { logs } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { PinoInstrumentation } from "@opentelemetry/instrumentation-pino";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";

register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);
const exporter = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
const instrumentation = new PinoInstrumentation();
registerInstrumentations({ instrumentations: [instrumentation] });

const { pino } = await import("pino");
const { pinoLogger } = await import("../pino.ts");
const destination = { write: () => {} };

/** What a logger sends, and under whose name. */
async function sent(logger: { info(message: string): void }): Promise<string[]> {
	exporter.reset();
	logger.info("hello");
	await new Promise((resolve) => setImmediate(resolve));
	return exporter
		.getFinishedLogRecords()
		.map(({ instrumentationScope, body }) => `${instrumentationScope.name} ${body}`);
}

const plain = await sent(pino({}, destination));
const ours = await sent(pinoLogger({ destination }));
instrumentation.setConfig({ disableLogSending: true });
const sendingDisabled = await sent(pinoLogger({ destination }));
console.log(JSON.stringify({ plain, ours, sendingDisabled }));
