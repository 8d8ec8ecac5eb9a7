import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { manualClock } from "@footlight/core/testing";
import { SeverityNumber } from "@opentelemetry/api";
import { LoggerProvider, type LogRecordExporter, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { expect, it } from "vitest";
import { recordMetrics } from "../../../../test/recorded-metrics.ts";
import { losslessLogProcessor } from "./lossless-log-processor.ts";

/** An exporter that fails so many times. */
function exporterFailing(times: number): LogRecordExporter & { readonly taken: ReadableLogRecord[] } {
	let left = times;
	const taken: ReadableLogRecord[] = [];
	return {
		taken,
		export(records, done) {
			if (left-- > 0) return done({ code: 1 });
			taken.push(...records);
			done({ code: 0 });
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
}

const clockOfNobody = { clock: undefined as never };

function loggerTo(processor: ReturnType<typeof losslessLogProcessor>) {
	return new LoggerProvider({ processors: [processor] }).getLogger("test", "1.0.0");
}

it("tries again until log records are taken, and counts them", async () => {
	const clock = manualClock();
	const { meterProvider, points } = recordMetrics();
	const exporter = exporterFailing(7);
	const processor = losslessLogProcessor({ exporter, clock, meterProvider });
	const logger = loggerTo(processor);
	for (let count = 0; count < 1_000; count++) logger.emit({ body: `line ${count}` });
	for (let minute = 0; minute < 10; minute++) await clock.advance(60_000);
	expect(exporter.taken).toHaveLength(1_000);
	const [delivered] = (await points("pipeline.exporter.items", { "exporter.name": "logs" })).filter(
		({ attributes }) => attributes["error.type"] === undefined,
	);
	expect(delivered?.value).toBe(1_000);
	await processor.shutdown();
});

it("keeps log records beyond the end of a process, with all that is in them", async () => {
	const directory = mkdtempSync(join(tmpdir(), "footlight-logs-"));
	try {
		const before = losslessLogProcessor({
			...{ exporter: exporterFailing(100), spool: { directory }, deadlineMs: 50 },
			...clockOfNobody,
		});
		const emitted: ReadableLogRecord[] = [];
		const logger = new LoggerProvider({
			processors: [
				{
					onEmit: (record) => void emitted.push(record as never),
					forceFlush: async () => {},
					shutdown: async () => {},
				},
				before as never,
			],
		}).getLogger("test", "1.0.0");
		const bytes = new Uint8Array([0, 1, 255]);
		logger.emit({
			body: {
				text: "größe",
				list: [1, null, Number.POSITIVE_INFINITY],
				bytes,
				nested: { "\u0000": ["bytes", "AA=="] },
			},
			eventName: "order.paid",
			severityNumber: SeverityNumber.WARN,
			severityText: "WARN",
			timestamp: 1_700_000_000_123,
			attributes: { amount: 7, "user.id": "user-7" },
		});
		await before.shutdown();

		const exporter = exporterFailing(0);
		const after = losslessLogProcessor({ exporter, spool: { directory } });
		await nextTurn();
		await after.shutdown();
		expect(exporter.taken).toHaveLength(1);
		const { body, eventName, severityNumber, severityText, hrTime, hrTimeObserved, attributes, resource } = exporter
			.taken[0] as ReadableLogRecord;
		const record = emitted[0] as ReadableLogRecord;
		expect({ eventName, severityNumber, severityText, hrTime, hrTimeObserved, attributes }).toEqual({
			eventName: "order.paid",
			severityNumber: SeverityNumber.WARN,
			severityText: "WARN",
			hrTime: record.hrTime,
			hrTimeObserved: record.hrTimeObserved,
			attributes: { amount: 7, "user.id": "user-7" },
		});
		expect(body).toEqual(record.body);
		expect((body as { bytes: unknown }).bytes).toBeInstanceOf(Uint8Array);
		expect(resource.attributes).toEqual(record.resource.attributes);
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
});

it("refuses options that cannot be", () => {
	expect(() => losslessLogProcessor({} as never)).toThrow("losslessLogProcessor: exporter must have a method export");
});
