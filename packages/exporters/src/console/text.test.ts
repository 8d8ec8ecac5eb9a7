import { describe, expect, test } from "vitest";
import { columnsOf, oneLine, truncate } from "./text.ts";

describe("text", () => {
	test("makes one plain line of whatever a name holds", () => {
		expect(oneLine("evil\u001b[31m red\u001b[0m\n\tname\u0007 \u202egnp.exe")).toBe("evil red name gnp.exe");
		expect(oneLine("\u001b]8;;http://example.com\u0007link\u001b]8;;\u0007")).toBe("link");
	});

	test("cuts by columns, not by code units", () => {
		expect(truncate("retrieve", 8)).toBe("retrieve");
		expect(truncate("retrieve", 5)).toBe("retr…");
		expect(truncate("检索文档", 5)).toBe("检索…");
		expect(columnsOf(truncate("检索文档", 4))).toBe(3);
		expect(truncate("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 5)).toBe("👩‍👩‍👧👩‍👩‍👧…");
		expect(truncate("name", 0)).toBe("");
	});
});
