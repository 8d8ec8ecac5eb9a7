import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { show } from "@footlight/core/option";
import { parse } from "yaml";
import { Complaint } from "../complaint.ts";
import type { ClassicDashboard, RuleGroup } from "./formats.ts";

/** A dashboard of `@footlight/dashboards`. */
export interface ShippedDashboard {
	/** What the commands call it: its uid without `footlight-`. */
	readonly name: string;
	/** Name of its file. */
	readonly file: string;
	readonly text: string;
	readonly content: ClassicDashboard;
}

/** A file of alerts and recording rules of `@footlight/dashboards`. */
export interface ShippedRules {
	readonly file: string;
	readonly text: string;
	readonly groups: readonly RuleGroup[];
}

export interface Shipped {
	readonly dashboards: readonly ShippedDashboard[];
	readonly rules: readonly ShippedRules[];
}

/** Reads what is shipped beside this command. */
export async function readShipped(folder: string = shippedFolder()): Promise<Shipped> {
	const dashboards = await filesOf(join(folder, "grafana"), ".json");
	const rules = await filesOf(join(folder, "rules"), ".yaml");
	return {
		dashboards: dashboards.map(({ file, text }) => {
			const content = JSON.parse(text) as ClassicDashboard;
			return { name: content.uid.replace(/^footlight-/, ""), file, text, content };
		}),
		rules: rules.map(({ file, text }) => {
			const { groups } = parse(text) as { readonly groups: readonly RuleGroup[] };
			return { file, text, groups };
		}),
	};
}

/** The dashboards of these names, with or without `footlight-`; all where none is named. */
export function chooseDashboards({ dashboards }: Shipped, names: readonly string[]): readonly ShippedDashboard[] {
	if (names.length === 0) return dashboards;
	const known = new Map(dashboards.flatMap((one) => [one.name, one.content.uid].map((name) => [name, one] as const)));
	for (const name of names) {
		if (known.has(name)) continue;
		const list = dashboards.map(({ name }) => name).join(", ");
		throw new Complaint(`there is no dashboard ${show(name)}; there are ${list}`);
	}
	return dashboards.filter(({ name, content }) => names.includes(name) || names.includes(content.uid));
}

function shippedFolder(): string {
	return dirname(createRequire(import.meta.url).resolve("@footlight/dashboards/package.json"));
}

async function filesOf(folder: string, ending: string): Promise<{ readonly file: string; readonly text: string }[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw error;
	});
	const paths = entries
		.filter((one) => one.isFile() && one.name.endsWith(ending))
		.map(({ name }) => join(folder, name));
	return Promise.all(paths.sort().map(async (path) => ({ file: basename(path), text: await readFile(path, "utf8") })));
}
