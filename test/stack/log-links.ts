import { readDuration } from "../../dashboards/render/time-range.ts";
import { readYaml } from "../../stack/compose.ts";
import type { JaegerSpan } from "./jaeger-api.ts";
import type { LokiLine } from "./loki-api.ts";

/** From a trace to its log lines, as Grafana is told in its data source of Jaeger. */
export interface TraceToLogs {
	readonly spanStartTimeShift: string;
	readonly spanEndTimeShift: string;
	readonly tags?: readonly { readonly key: string; readonly value?: string }[];
	readonly query: string;
}

/** From a log line to its trace, as Grafana is told in its data source of Loki. */
export interface DerivedField {
	readonly matcherType?: "label" | "regex";
	readonly matcherRegex: string;
	readonly url: string;
}

interface Datasources {
	readonly datasources: readonly {
		readonly uid: string;
		readonly jsonData: { readonly tracesToLogsV2?: TraceToLogs; readonly derivedFields?: readonly DerivedField[] };
	}[];
}

const { datasources } = readYaml<Datasources>("dashboards/provisioning/datasources/datasources.yaml");
const traceToLogs = datasources.find(({ uid }) => uid === "jaeger")?.jsonData.tracesToLogsV2;
const [derivedField] = datasources.find(({ uid }) => uid === "loki")?.jsonData.derivedFields ?? [];

/** What Grafana asks Loki for when somebody clicks on the logs of a span. */
export function logsOfSpan(
	{ traceId, spanId, name, resource, tags, startMs, durationMs }: JaegerSpan,
	link: TraceToLogs | undefined = traceToLogs,
): { readonly query: string; readonly fromMs: number; readonly toMs: number } {
	if (link === undefined) throw new Error("the data source of Jaeger leads to no logs");
	// It knows what Jaeger lists as tags of the process and of the span, which leaves out the name of the service.
	const known = { ...resource, ...tags, spanId, traceId, name };
	const chosen = (link.tags ?? []).flatMap(({ key, value = key }) => {
		const tag = Object.entries(known).find(([name]) => name === key);
		return tag === undefined ? [] : [`${value}="${tag[1]}"`];
	});
	const variables: Readonly<Record<string, string>> = {
		...{ __tags: chosen.join(", "), "__trace.traceId": traceId },
		...{ "__span.traceId": traceId, "__span.spanId": spanId, "__span.name": name },
	};
	const query = asGrafanaReads(link.query).replaceAll(/\$\{([^}]+)\}/g, (text, variable) => {
		const value = variables[variable];
		if (value === undefined) throw new Error(`Grafana has no variable ${text} for the logs of a span`);
		return value;
	});
	const fromMs = startMs + shiftMs(link.spanStartTimeShift);
	return { query, fromMs, toMs: startMs + durationMs + shiftMs(link.spanEndTimeShift) };
}

/** Id of the trace that Grafana leads to from a log line; undefined where it shows no link. */
export function traceOfLine(
	{ text, labels, metadata }: LokiLine,
	field: DerivedField | undefined = derivedField,
): string | undefined {
	if (field === undefined) throw new Error("the data source of Loki leads to no traces");
	const pattern = new RegExp(field.matcherRegex);
	const all = Object.entries({ ...labels, ...metadata }).sort(([one], [other]) => (one < other ? -1 : 1));
	// Grafana takes the first label whose name matches, whatever else matches too.
	const value = field.matcherType === "label" ? all.find(([name]) => pattern.test(name))?.[1] : pattern.exec(text)?.[1];
	return value === undefined ? undefined : asGrafanaReads(field.url).replaceAll(`\${__value.raw}`, value);
}

/** Provisioning takes a dollar for one of its own variables where it stands alone. */
function asGrafanaReads(text: string): string {
	return text.replaceAll("$$", "$");
}

function shiftMs(text: string): number {
	const [sign, duration] = text.startsWith("-") ? [-1, text.slice(1)] : [1, text];
	return sign * readDuration("a shift", duration);
}
