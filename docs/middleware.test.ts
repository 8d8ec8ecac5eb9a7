import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@footlight/core";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/middleware.md"), "utf8");
const sources = globSync("packages/core/src/**/*.ts", { cwd: root })
	.map((file) => readFileSync(join(root, file), "utf8"))
	.join("\n");

const attributes: Readonly<Record<string, core.AttributeDefinition>> = core.attributes;
const emitted: readonly string[] = [
	...Object.keys(core.metricCatalogue),
	...Object.keys(core.eventCatalogue),
	...Object.keys(attributes),
];
const onSpans = Object.keys(attributes).filter((name) =>
	attributes[name]?.on.some((place) => ["run", "stage", "attempt"].includes(place)),
);

/** What stands under the heading of a layer. */
function blockOf(name: string): string {
	const [, block] = new RegExp(`^### \`${name}\\([^\n]*\\)\`$(.*?)(?=^##)`, "ms").exec(page) ?? [];
	if (block === undefined) throw new Error(`docs/middleware.md has no block of ${name}`);
	return block;
}

function rowOf(block: string, label: string): string {
	const [, cell] = new RegExp(`^\\| \\*\\*${label}\\*\\* +\\| (.*?) *\\|$`, "m").exec(block) ?? [];
	if (cell === undefined) throw new Error(`there is no row ${label}`);
	return cell;
}

/** Names of a row in full: one that begins with a dot goes on from the one before, `*` stands for all there are. */
function namesIn(row: string): string[] {
	let before = "";
	return [...row.matchAll(/`((?:\.?[a-z_]+)+(?:\.\*)?)`/g)].flatMap(([, name = ""]) => {
		if (!name.includes(".")) return [];
		const parts = before.split(".");
		const candidates = name.startsWith(".") ? parts.map((_, end) => parts.slice(0, end).join(".") + name) : [name];
		const meant = candidates.flatMap((each) => {
			const stem = each.endsWith(".*") ? each.slice(0, -1) : undefined;
			return emitted.filter((known) => (stem === undefined ? known === each : known.startsWith(stem)));
		});
		expect(meant, `\`${name}\` is nothing that Footlight emits`).not.toEqual([]);
		if (!name.startsWith(".")) before = name;
		return meant;
	});
}

/** The table of options: what stands as the default of each. */
function defaultsIn(block: string): Map<string, string> {
	const [table = ""] = /^\| option .*(\n\|.*)*/m.exec(block) ?? [];
	const rows = [...table.matchAll(/^\| (`.*?`) +\| (.*?) +\|/gm)];
	return new Map(
		rows.flatMap(([, names = "", standard = ""]) =>
			[...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => [name, standard] as const),
		),
	);
}

/** The number or word at the begin of a default; one that is told otherwise has none. */
function literalIn(standard = ""): string | undefined {
	return /^`?(-?\d+|"[^"]*"|true|false)(?!\w)/.exec(standard)?.[1];
}

/** What the factory says that it knows, when it refuses an option. */
function knownBy(make: (options: object) => unknown): string[] {
	try {
		make({ noSuchOption: 1 });
	} catch (error) {
		const [, names] = /known options are (.*)$/.exec(String(error)) ?? [];
		if (names !== undefined) return names.split(", ");
	}
	throw new Error("an unknown option is not refused");
}

/** Defaults that the docstrings of an interface give; of an option without one, undefined, and "required" where it is. */
function documentedIn(name: string): Map<string, string | undefined> {
	const [, body] = new RegExp(`interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, "ms").exec(sources) ?? [];
	if (body === undefined) throw new Error(`there is no interface ${name}`);
	const members = [...body.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/)?\s*^\treadonly (\w+)(\??):(?! never)/gms)];
	return new Map(
		members.map(([, docstring = "", option = "", optional]) => [
			option,
			optional === "" ? "required" : /@default (.*?)\s*(\*|$)/m.exec(docstring)?.[1],
		]),
	);
}

interface Policy {
	/** The factory, once for each kind of options it takes. */
	readonly makes: readonly ((options: never) => core.Middleware)[];
	/** What it cannot be made without. */
	readonly required: object;
	/** Where its options are declared. */
	readonly interfaces: readonly string[];
}

const policies: Readonly<Record<string, Policy>> = {
	retry: { makes: [core.retry], required: {}, interfaces: ["RetryOptions"] },
	circuitBreaker: { makes: [core.circuitBreaker], required: {}, interfaces: ["CircuitBreakerOptions"] },
	timeout: { makes: [core.timeout], required: { timeoutMs: 5 }, interfaces: ["TimeoutOptions"] },
	bulkhead: { makes: [core.bulkhead], required: { concurrency: 1 }, interfaces: ["BulkheadOptions"] },
	hedge: { makes: [core.hedge], required: { delayMs: 5 }, interfaces: ["HedgeOptions"] },
	fallback: {
		makes: [core.fallback, (options) => core.fallback({ value: 1 }, options)],
		required: { value: 1 },
		interfaces: ["FallbackOptions"],
	},
	rateLimit: {
		makes: [core.rateLimit],
		required: {},
		interfaces: ["RateLimitSettings", "OwnLimiter", "RateLimitConfig", "RateLimitPolicy"],
	},
	cache: { makes: [core.cache], required: { ttlMs: 5 }, interfaces: ["CacheOptions"] },
	featureFlag: {
		makes: [core.featureFlag],
		required: { flag: "new-ranker", client: () => true },
		interfaces: ["FeatureFlagOptions"],
	},
};

/** Layers that have options, and emit nothing under their own name. */
const others: Readonly<Record<string, Policy>> = {
	streamingTelemetry: { makes: [core.streamingTelemetry], required: {}, interfaces: ["StreamingTelemetryOptions"] },
};

test.each(Object.entries(others))("the block of %s has the options that there are, with their defaults", (name, of) => {
	const block = blockOf(name);
	const defaults = defaultsIn(block);
	expect([...defaults.keys()].sort()).toEqual(of.makes.flatMap(knownBy as never).sort());
	expect(of.interfaces.flatMap((each) => [...documentedIn(each).keys()]).sort()).toEqual([...defaults.keys()].sort());
	namesIn(rowOf(block, "Emits"));
	for (const label of ["Placement", "Options", "Throws"]) expect(rowOf(block, label)).not.toBe("");
});

describe.each(Object.entries(policies))("the block of %s", (name, { makes, required, interfaces }) => {
	const block = blockOf(name);
	const prefix = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
	const defaults = defaultsIn(block);
	const isOwn = (emitted: string) => emitted.replace(/^pipeline\./, "").startsWith(`${prefix}.`);

	test("says where it stands, what it throws, and shows it", () => {
		expect(rowOf(block, "Placement")).not.toBe("");
		for (const [error] of rowOf(block, "Throws").matchAll(/\w+Error/g))
			expect({ ...core, RangeError, TypeError }).toHaveProperty(error);
		expect(block).toContain("```ts");
	});

	test("names every event, span attribute and metric of its own, and nothing that is not there", () => {
		const own = [...Object.keys(core.metricCatalogue), ...Object.keys(core.eventCatalogue), ...onSpans].filter(isOwn);
		const named = namesIn(rowOf(block, "Emits")).filter(isOwn);
		expect(own).not.toEqual([]);
		expect(new Set(named)).toEqual(new Set(own));
	});

	test("lists the options that it takes", () => {
		const known = makes.flatMap((make) => knownBy((options) => make({ ...required, ...options } as never)));
		expect([...defaults.keys()].sort()).toEqual([...new Set(known)].sort());
	});

	test("gives the defaults that the docstrings give", () => {
		for (const [option, documented] of interfaces.flatMap((each) => [...documentedIn(each)])) {
			const stated = defaults.get(option);
			if (documented === "required") expect(stated, option).toBe("required");
			else {
				expect(stated, option).not.toMatch(/^(required)?$/);
				expect(literalIn(stated), option).toBe(literalIn(documented));
			}
		}
	});

	test("gives the defaults that the layer says it has", () => {
		const { options } = core.describeLayer((makes[0] as (options: object) => core.Middleware)(required));
		for (const [option, value] of Object.entries(options)) {
			const stated = literalIn(defaults.get(option));
			if (stated !== undefined && !(option in required)) expect(stated.replaceAll('"', ""), option).toBe(String(value));
		}
	});
});

test.each(["observe", "tracing", "logging", "metrics", "cost", "budget"])(
	"the block of %s names nothing that is not emitted",
	(name) => {
		namesIn(rowOf(blockOf(name), "Emits"));
		for (const label of ["Placement", "Options", "Throws"]) expect(rowOf(blockOf(name), label)).not.toBe("");
	},
);

test("the blocks of the policies stand in their order", () => {
	const headings = [...page.matchAll(/^### `(\w+)\(/gm)].map(([, name]) => name);
	expect(headings).toEqual([
		...["observe", "tracing", "logging", "metrics", "cost", "budget"],
		...Object.keys(policies),
		...["streamingTelemetry", "standardStack"],
	]);
});
