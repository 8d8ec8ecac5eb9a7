import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build, createLogger, type Rolldown } from "vite";
import { expect, inject, test } from "vitest";

/** What every browser of today has; nothing of Node is among it. */
const browserGlobals = {
	...{ AbortController, AbortSignal, DOMException, Event, EventTarget, Response, ReadableStream, TextDecoder },
	...{
		TextEncoder,
		URL,
		atob,
		clearTimeout,
		console,
		crypto,
		performance,
		queueMicrotask,
		setTimeout,
		structuredClone,
	},
};

test("Vite builds a page that imports core, without a word about Node, and the page works", async () => {
	const said: string[] = [];
	const keep = (message: string) => void said.push(message);
	const { output } = (await build({
		root: inject("alone"),
		configFile: false,
		logLevel: "warn",
		customLogger: { ...createLogger("silent"), info: () => {}, warn: keep, warnOnce: keep, error: keep },
		build: { write: false, modulePreload: false, target: "baseline-widely-available" },
	})) as Rolldown.RolldownOutput;
	expect(said).toEqual([]);
	const chunks = output.filter((file) => file.type === "chunk");
	expect(chunks).toHaveLength(1);
	const { code, imports, dynamicImports } = chunks[0] as Rolldown.OutputChunk;
	expect([...imports, ...dynamicImports]).toEqual([]);
	expect(code).not.toContain("__vite-browser-external");
	console.log(
		`a page with core: ${(code.length / 1024).toFixed(1)} KiB, ${(gzipSync(code).length / 1024).toFixed(1)} KiB gzipped`,
	);
	const report = await new Promise((resolve) => {
		const page = createContext({ ...browserGlobals, report: resolve });
		// A page's script is a module: import.meta is the one thing of it that a plain script lacks.
		runInContext(code.replaceAll("import.meta.url", '"http://127.0.0.1/page.js"'), page, { filename: "page.js" });
	});
	expect(report).toEqual({ sum: 42, items: [1, 2, 3], text: "streamed", span: true, hidden: "Basic [REDACTED]" });
});
