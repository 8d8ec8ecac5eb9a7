import { describe, expect, test } from "vitest";
import { type LineMetadata, logRecordOf, severityOf } from "./log-record.ts";

const metadata: LineMetadata = {
	level: 30,
	levelName: "info",
	time: "1700000000123",
	messageKey: "msg",
	errorKey: "err",
	nestedKey: undefined,
};

describe("severityOf", () => {
	test.each([
		[10, 1],
		[20, 5],
		[30, 9],
		[40, 13],
		[50, 17],
		[60, 21],
		[35, 11],
		[59, 20],
		[25, 7],
		[70, 24],
		[1000, 24],
		[5, 1],
		[0, 1],
		[-1, 1],
		[Number.NaN, 1],
		[Number.POSITIVE_INFINITY, 24],
	])("gives level %d the severity %d", (level, severity) => {
		expect(severityOf(level)).toBe(severity);
	});

	test("rises with the level", () => {
		const severities = Array.from({ length: 120 }, (_, level) => severityOf(level));
		expect(severities).toEqual([...severities].sort((a, b) => a - b));
	});
});

describe("logRecordOf", () => {
	test.each([
		["1700000000123", 1_700_000_000_123],
		["1700000000", 1_700_000_000_000],
		['"2023-11-14T22:13:20.123Z"', 1_700_000_000_123],
		['"2023-11-14T22:13:20.123456789Z"', 1_700_000_000_123],
	])("takes the time %s", (time, timestamp) => {
		const { attributes, ...record } = logRecordOf({ time: JSON.parse(time) }, { ...metadata, time });
		expect(record.timestamp).toBe(timestamp);
		expect(attributes).toEqual({});
	});

	test("takes the present where the line has no time it can read, and keeps what it has", () => {
		const before = Date.now();
		const record = logRecordOf({ time: "noon" }, { ...metadata, time: '"noon"' });
		expect(record.timestamp).toBeGreaterThanOrEqual(before);
		expect(record.attributes).toEqual({ time: "noon" });
		expect(logRecordOf({}, { ...metadata, time: "" }).timestamp).toBeGreaterThanOrEqual(before);
	});

	test("keeps a user's own level and time", () => {
		const line = { level: "low", time: "noon", pid: 1, hostname: "elsewhere" };
		expect(logRecordOf(line, metadata).attributes).toEqual(line);
	});

	test("leaves an error that is no object where it is", () => {
		expect(logRecordOf({ err: "boom" }, metadata).attributes).toEqual({ err: "boom" });
	});

	test("does not let a key of the line change the record's prototype", () => {
		const { attributes } = logRecordOf(JSON.parse('{"__proto__":{"polluted":true},"a":1}'), metadata);
		expect((attributes as { polluted?: boolean }).polluted).toBeUndefined();
	});
});
