// Runs one of the examples beside this file: `npm run example quickstart`; with no name it lists them.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const wrongUsage = 2;

/** Examples that are more than one file, and flags of Node that some need. */
const fileOf: Readonly<Record<string, string>> = { decorators: "decorators/run.ts", "docs-qa": "docs-qa/main.ts" };
const flagsOf: Readonly<Record<string, readonly string[]>> = {
	"http-server": ["--import", "@footlight/otel/register"],
};

const single = readdirSync(folder).filter(
	(file) => /^[a-z-]+\.ts$/.test(file) && !["run.ts", "words.ts"].includes(file),
);
const examples = new Map(Object.entries(fileOf));
for (const file of single) examples.set(file.slice(0, -".ts".length), file);

const [name, ...given] = process.argv.slice(2);
const file = examples.get(name ?? "");
if (name === undefined) {
	console.log(list());
} else if (file === undefined) {
	console.error(`footlight: there is no example ${JSON.stringify(name)}. There are:\n\n${list()}`);
	process.exitCode = wrongUsage;
} else {
	const parameters = ["--conditions=@footlight/source", ...(flagsOf[name] ?? []), join(folder, file), ...given];
	process.exitCode = spawnSync(process.execPath, parameters, { stdio: "inherit" }).status ?? 1;
}

function list(): string {
	const names = [...examples.keys()].sort();
	const width = Math.max(...names.map((each) => each.length));
	return names.map((each) => `  ${each.padEnd(width)}  ${sentenceOf(examples.get(each) ?? "")}`).join("\n");
}

/** What a file says of itself in its first line. */
function sentenceOf(path: string): string {
	const [first = ""] = readFileSync(join(folder, path), "utf8").split("\n");
	return first.startsWith("// ")
		? first.slice("// ".length)
		: "What `npm start` runs: answers from real documentation.";
}
