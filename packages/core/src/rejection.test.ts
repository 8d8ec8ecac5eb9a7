import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { rejection } from "./rejection.ts";

it("rejects with the very error that it was given", async () => {
	const error = new Error("boom");
	await expect(rejection(error)).rejects.toBe(error);
	await expect(rejection(undefined)).rejects.toBe(undefined);
});

it("is told to the process where nobody handles it, and only there", async () => {
	const script = `
		import { rejection } from ${JSON.stringify(new URL("rejection.ts", import.meta.url).href)};
		for (const event of ["unhandledRejection", "rejectionHandled"]) {
			process.on(event, (what) => console.log(event, what.message));
		}
		rejection(new Error("left"));
		rejection(new Error("handled")).catch(() => {});
	`;
	// The first releases of Node 22 run TypeScript only when told to.
	const strips = process.features.typescript ? [] : ["--experimental-strip-types"];
	const flags = ["--no-warnings", ...strips, "--input-type=module", "--eval", script];
	const { stdout } = await promisify(execFile)(process.execPath, flags);
	expect(stdout).toBe("unhandledRejection left\n");
});
