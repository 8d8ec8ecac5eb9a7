import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { footlight } from "../index.ts";
import { registerSdk } from "../sdk.fixture.ts";

const sdk = registerSdk();
const light = footlight("decorated");
beforeEach(() => sdk.reset());

const run = promisify(execFile);
const directory = await mkdtemp(join(tmpdir(), "decorated-"));
afterAll(() => rm(directory, { recursive: true }));

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Compiles the fixture as a user's build would, types checked, with decorators of one kind. */
async function compiled(kind: "standard" | "experimental") {
	const project = await mkdtemp(join(directory, `${kind}-`));
	const compilerOptions = {
		composite: false,
		declaration: false,
		isolatedDeclarations: false,
		experimentalDecorators: kind === "experimental",
		typeRoots: [here("../../../../node_modules/@types")],
		rootDir: here("../.."),
		outDir: project,
	};
	const config = {
		extends: here("../../../../tsconfig.base.json"),
		compilerOptions,
		files: [here("decorated-loader.fixture.ts")],
	};
	await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
	await writeFile(join(project, "package.json"), '{ "type": "module" }');
	await run(process.execPath, [here("../../../../node_modules/typescript/bin/tsc"), "-p", project]);
	return import(/* @vite-ignore */ pathToFileURL(join(project, "src/wrap/decorated-loader.fixture.js")).href);
}

describe.each(["standard", "experimental"] as const)("a decorated class, compiled with %s decorators", async (kind) => {
	const { decoratedLoader } = await compiled(kind);
	const Loader = decoratedLoader(light);

	test("has stages for methods, with this, private fields and nesting", async () => {
		const loader = new Loader();
		expect(await loader.load("page")).toBe("PAGE");
		expect(loader.loaded).toBe(1);
		const [parse, load] = [sdk.span("parse-page"), sdk.span("load")];
		expect(parse.parentSpanContext?.spanId).toBe(load.spanContext().spanId);
		expect(load.attributes["stage.kind"]).toBe("tool");
		expect([Loader.prototype.load.name, Loader.prototype.load.length]).toEqual(["load", 1]);
	});

	test("has stages for generators, static methods and symbols", async () => {
		expect(await Array.fromAsync(new Loader().read(2))).toEqual([0, 1]);
		expect(sdk.span("read").attributes["stream.item_count"]).toBe(2);
		expect(Loader.build()).toBe(1);
		expect(new Loader()[Symbol.for("reload")]()).toBe(0);
		expect(sdk.spans().map(({ name }) => name)).toEqual(["read", "build", "Symbol(reload)"]);
	});
});

describe("the decorator", () => {
	const context = (kind: string) => ({ kind, name: "size" }) as never;

	test("is for methods only", () => {
		expect(() => light.method()(() => 1, context("getter"))).toThrow('method: decorates methods only, got "getter"');
		expect(() => light.method()(undefined as never, context("field"))).toThrow('got "field"');
		expect(() => light.method()(class {} as never, context("class"))).toThrow('got "class"');
		expect(() => light.method()({}, "size", { get: () => 1 })).toThrow("method: decorates methods only, got undefined");
	});

	test("refuses options nobody knows, when the class is defined", () => {
		expect(() => light.method({ retries: 3 } as never)).toThrow('method: unknown option "retries"');
		expect(() => light.method({ name: "" })(() => 1, context("method"))).toThrow(
			"method: name must be a name that is not empty",
		);
	});

	test("of the older kind keeps the other attributes of the property", () => {
		const descriptor = { value: () => 1, writable: false, enumerable: false, configurable: true };
		const replaced = light.method()({}, "read", descriptor);
		expect(replaced).toMatchObject({ writable: false, enumerable: false, configurable: true });
		expect(replaced.value()).toBe(1);
	});
});
