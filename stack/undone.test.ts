import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { undone } from "./undone.ts";

test("gives what was made, and undoes the last first", async () => {
	const order: string[] = [];
	const made = await undone(async (ends) => {
		ends.defer(async () => void order.push("first"));
		ends.defer(async () => void order.push("second"));
		return "made";
	});
	expect([made, order]).toEqual(["made", ["second", "first"]]);
});

test("undoes what was done before it failed, and leaves no listener", async () => {
	const before = process.listenerCount("SIGINT");
	const order: string[] = [];
	const failing = undone(async (ends) => {
		ends.defer(async () => void order.push("first"));
		throw new Error("no");
	});
	await expect(failing).rejects.toThrow("no");
	expect([order, process.listenerCount("SIGINT")]).toEqual([["first"], before]);
});

test.each([
	["SIGINT", 130],
	["SIGTERM", 143],
] as const)("undoes all of it when %s comes, and ends with %i", async (signal, expected) => {
	const child = spawn(process.execPath, [fileURLToPath(new URL("undone.fixture.ts", import.meta.url))]);
	let printed = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		printed += text;
		if (text.includes("ready")) child.kill(signal);
	});
	const [code] = await once(child, "close");
	expect([code, printed.trim().split("\n")]).toEqual([expected, ["ready", "second", "first", "exit"]]);
});

test("ends with the code that is given for a signal", async () => {
	const child = spawn(process.execPath, [fileURLToPath(new URL("undone.fixture.ts", import.meta.url)), "0"]);
	child.stdout.setEncoding("utf8").on("data", (text: string) => text.includes("ready") && child.kill("SIGINT"));
	const [code] = await once(child, "close");
	expect(code).toBe(0);
});

test("ends at once when it is told twice, with what is done at the end of a process", async () => {
	const child = spawn(process.execPath, [fileURLToPath(new URL("undone.fixture.ts", import.meta.url))]);
	let printed = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		printed += text;
		if (/ready|second/.test(text)) child.kill("SIGINT");
	});
	const [code] = await once(child, "close");
	expect([code, printed.trim().split("\n")]).toEqual([130, ["ready", "second", "exit"]]);
});
