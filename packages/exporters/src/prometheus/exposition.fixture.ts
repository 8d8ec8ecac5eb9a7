/** A series as it stands in a text: its name with its labels in order, so that texts can be compared. */
export interface ParsedExposition {
	readonly types: ReadonlyMap<string, string>;
	readonly helps: ReadonlyMap<string, string>;
	readonly units: ReadonlyMap<string, string>;
	readonly values: ReadonlyMap<string, number>;
	readonly exemplars: ReadonlyMap<string, string>;
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)(?: # (.*))?$/;
const label = /([\w.-]+)="((?:[^"\\]|\\.)*)"/g;

/** Reads a text of either format; throws on a line it does not know, and on a series that is there twice. */
export function parseExposition(text: string): ParsedExposition {
	const parsed = {
		types: new Map<string, string>(),
		helps: new Map<string, string>(),
		units: new Map<string, string>(),
		values: new Map<string, number>(),
		exemplars: new Map<string, string>(),
	};
	for (const line of text.split("\n")) {
		if (line === "" || line === "# EOF") continue;
		const comment = /^# (TYPE|HELP|UNIT) (\S+) ?(.*)$/.exec(line);
		if (comment !== null) {
			const [, kind, name = "", rest = ""] = comment;
			const target = kind === "TYPE" ? parsed.types : kind === "HELP" ? parsed.helps : parsed.units;
			if (target.has(name)) throw new Error(`${kind} of ${name} is there twice`);
			target.set(name, rest);
			continue;
		}
		const [, name, labels = "", value, exemplar] = sample.exec(line) ?? [];
		if (name === undefined || value === undefined) throw new Error(`cannot read the line ${line}`);
		const series = seriesName(
			name,
			Object.fromEntries([...labels.matchAll(label)].map(([, key, text]) => [key, text])),
		);
		if (parsed.values.has(series)) throw new Error(`the series ${series} is there twice`);
		parsed.values.set(series, Number(value.replace("Inf", "Infinity")));
		if (exemplar !== undefined) parsed.exemplars.set(series, exemplar);
	}
	return parsed;
}

/** Writes a series as the parser gives it; labels without a value are none. */
export function seriesName(name: string, labels: Readonly<Record<string, string>>): string {
	const shown = Object.entries(labels)
		.filter(([, value]) => value !== "")
		.map(([key, value]) => `${key}=${JSON.stringify(value)}`)
		.sort();
	return shown.length === 0 ? name : `${name}{${shown.join()}}`;
}
