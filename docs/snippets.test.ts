import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startOpenAiServer } from "../examples/openai-server/openai-server.ts";
import { registerSdk } from "../packages/core/src/sdk.fixture.ts";
import { startOtlpReceiver } from "../test/otlp-receiver.ts";
import { names } from "./preamble.ts";
import { findSnippets, languagesOf, type Snippet, snippetsOfModule, snippetsOfPage } from "./snippets.ts";

const root = join(import.meta.dirname, "..");
const folder = join(import.meta.dirname, `.cache/snippets-${process.pid}`);
const snippets = findSnippets(root);
const runnable = snippets.filter(({ noRun }) => noRun === undefined);
/** An example that sets up telemetry for its whole process gets a process of its own. */
const needsProcess = ({ code }: Snippet) =>
	/\b(startTelemetry|NodeSDK|setGlobal\w*|doctor|process\.exit|register)\b/.test(code);
const usesVitest = ({ code }: Snippet) => /from "vitest"/.test(code);

/** Blocks that are type-checked but not run. Short on purpose: each is a promise nobody keeps. */
const notRun: readonly string[] = ["ARCHITECTURE.md"];

const fileOf = ({ file, line }: Snippet) => join(folder, `${file.replaceAll("/", "__")}__${line}.ts`);
writeModules();
const sdk = registerSdk({ events: true });
Object.assign(globalThis, { expect });
Object.defineProperty(globalThis, "spans", { get: () => sdk.spans() });

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let model: Awaited<ReturnType<typeof startOpenAiServer>>;

beforeAll(async () => {
	receiver = await startOtlpReceiver();
	model = await startOpenAiServer({ faults: "none" });
	Object.assign(globalThis, { url: new URL(receiver.url) });
	Object.assign(process.env, { OPENAI_API_KEY: "any", OPENAI_BASE_URL: model.url });
});
afterAll(async () => {
	await Promise.all([receiver.close(), model.close()]);
	rmSync(folder, { recursive: true });
});
beforeEach(() => sdk.reset());

function writeModules(): void {
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	for (const snippet of snippets) writeFileSync(fileOf(snippet), `${snippet.code}\nexport {};\n`);
	const globals = Object.keys(names).map(
		(name) => `\tvar ${name}: (typeof import("../../preamble.ts").names)["${name}"];\n`,
	);
	writeFileSync(join(folder, "globals.d.ts"), `declare global {\n${globals.join("")}}\nexport {};\n`);
	const configuration = {
		extends: "../../../tsconfig.checks.json",
		compilerOptions: { incremental: false },
		include: ["*.ts"],
	};
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
}

function node(...given: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
	const environment = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRICS_EXPORTER: "none" };
	const child = spawn(process.execPath, given, { cwd: root, env: environment, timeout: 15_000 });
	const output = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const) child[name].on("data", (chunk) => (output[name] += chunk));
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (status) => resolve({ status, ...output }));
	});
}

/** Imports a module here and returns what it wrote to stdout. */
async function importHere(file: string): Promise<string> {
	const { log } = console;
	const { write } = process.stdout;
	let written = "";
	console.log = (...given) => {
		written += `${format(...given)}\n`;
	};
	process.stdout.write = (chunk: string | Uint8Array) => {
		written += String(chunk);
		return true;
	};
	try {
		await import(pathToFileURL(file).href);
	} finally {
		console.log = log;
		process.stdout.write = write;
	}
	return written;
}

async function importInProcess(snippet: Snippet): Promise<string> {
	const preamble = join(import.meta.dirname, "preamble.ts");
	const { status, stdout, stderr } = await node(
		"--conditions=@footlight/source",
		"--import",
		preamble,
		fileOf(snippet),
	);
	expect(status, stderr).toBe(0);
	return stdout;
}

test("the compiler accepts every example", async () => {
	const { status, stdout } = await node(join(root, "node_modules/typescript/bin/tsc"), "-p", folder);
	const told = stdout.replaceAll(/^.*?([^/\s]+)__\d+\.ts\(/gm, (_, name: string) => `${name.replaceAll("__", "/")}(`);
	expect(told).toBe("");
	expect(status).toBe(0);
});

describe("each example runs", () => {
	for (const snippet of runnable.filter((each) => !usesVitest(each))) {
		test(snippet.where, async () => {
			const written = await (needsProcess(snippet) ? importInProcess(snippet) : importHere(fileOf(snippet)));
			if (snippet.prints !== undefined) expect(written).toBe(snippet.prints);
		});
	}
	// Examples of tests declare tests: these.
	for (const snippet of runnable.filter(usesVitest)) {
		describe(snippet.where, async () => {
			await import(pathToFileURL(fileOf(snippet)).href);
		});
	}
});

describe("the runner", () => {
	test("leaves out only the blocks on its list, each with a reason", () => {
		const left = snippets.filter(({ noRun }) => noRun !== undefined);
		expect(left.map(({ file }) => file)).toEqual(notRun);
		expect(left.filter(({ noRun }) => noRun === "")).toEqual([]);
	});

	test("sees every block of code there is", () => {
		const pages = new Set(snippets.map(({ file }) => file).filter((file) => file.endsWith(".md")));
		for (const page of pages) {
			expect(
				languagesOf(readFileSync(join(root, page), "utf8")).filter((name) =>
					/^(typescript|tsx?x|jsx?|javascript|mts)$/.test(name),
				),
			).toEqual([]);
		}
		expect(snippets.length).toBeGreaterThan(60);
	});

	test("holds a value against what the page says", async () => {
		const [snippet] = snippetsOfPage("page.md", "Text\n```ts\nconst sum = 1 + 1; // => 3\n```\n");
		expect(snippet).toMatchObject({ where: "page.md:3", noRun: undefined });
		const file = join(folder, "wrong-value.ts");
		writeFileSync(file, snippet?.code ?? "");
		await expect(importHere(file)).rejects.toThrow("page.md:3: the page says 3, the code gives 2");
	});

	test("holds an error against what the page says", async () => {
		const lines = ['light.stage("", search); // throws RangeError: other', "search; // throws Error: none"];
		for (const [index, line] of lines.entries()) {
			const file = join(folder, `wrong-error-${index}.ts`);
			writeFileSync(file, snippetsOfPage("page.md", `\`\`\`ts\n${line}\n\`\`\`\n`)[0]?.code ?? "");
			await expect(importHere(file)).rejects.toThrow("page.md:2: the page says");
		}
	});

	test("goes on in the module of the block before", () => {
		const page =
			"```ts\nconst one = 1;\n```\n\nand\n\n```ts continues\nconst two = one + 1; // => 2\n```\n```text prints\nhello\n```\n";
		const found = snippetsOfPage("page.md", page);
		expect(found).toHaveLength(1);
		expect(found[0]?.code.split("\n")[7]).toContain("const two = one + 1; assertSame(two, (2)");
		expect(found[0]?.prints).toBe("hello\n");
	});

	test("refuses a marker it does not know, and one without a block above", () => {
		expect(() => snippetsOfPage("page.md", "```ts norun\n```\n")).toThrow('page.md:2: unknown marker "norun"');
		expect(() => snippetsOfPage("page.md", "```ts continues\n```\n")).toThrow("must stand below a ts block");
	});

	test("takes examples out of docstrings, in one line or in several", () => {
		const module =
			"/** Adds. @example no */\n/**\n * Adds.\n *\n * @example\n * add(1, 2); // => 3\n * @throws never\n */\n/**\n * @example add(3, 4)\n */\n";
		expect(snippetsOfModule("add.ts", module).map(({ line, code }) => [line, code.trim()])).toEqual([
			[5, 'assertSame((add(1, 2)), (3), "add.ts:6");'],
			[10, "add(3, 4)"],
		]);
	});
});
