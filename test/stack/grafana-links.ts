import { readDuration } from "../../dashboards/render/time-range.ts";
import { readYaml } from "../../stack/compose.ts";
import type { JaegerSpan } from "./jaeger-api.ts";
import type { LokiLine } from "./loki-api.ts";

/** Where a span leads to, as Grafana is told in its data source of Jaeger. */
interface SpanLink {
	readonly spanStartTimeShift: string;
	readonly spanEndTimeShift: string;
	readonly tags?: readonly { readonly key: string; readonly value?: string }[];
}

/** From a trace to its log lines. */
export interface TraceToLogs extends SpanLink {
	readonly query: string;
}

/** From a span to the metrics of its stage. */
export interface TraceToMetrics extends SpanLink {
	readonly queries: readonly { readonly name: string; readonly query: string }[];
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
		readonly jsonData: {
			readonly tracesToLogsV2?: TraceToLogs;
			readonly tracesToMetrics?: TraceToMetrics;
			readonly derivedFields?: readonly DerivedField[];
		};
	}[];
}

const { datasources } = readYaml<Datasources>("dashboards/provisioning/datasources/datasources.yaml");
const { tracesToLogsV2, tracesToMetrics } = datasources.find(({ uid }) => uid === "jaeger")?.jsonData ?? {};
const [derivedField] = datasources.find(({ uid }) => uid === "loki")?.jsonData.derivedFields ?? [];

/** What Grafana asks Loki for when somebody clicks on the logs of a span. */
export function logsOfSpan(
	span: JaegerSpan,
	link: TraceToLogs | undefined = tracesToLogsV2,
): { readonly query: string; readonly fromMs: number; readonly toMs: number } {
	if (link === undefined) throw new Error("the data source of Jaeger leads to no logs");
	const { traceId, spanId, name } = span;
	const variables: Readonly<Record<string, string>> = {
		...{ __tags: tagsOf(span, link, { spanId, traceId, name }), "__trace.traceId": traceId },
		...{ "__span.traceId": traceId, "__span.spanId": spanId, "__span.name": name },
	};
	const query = asGrafanaReads(link.query).replaceAll(/\$\{([^}]+)\}/g, (text, variable) => {
		const value = variables[variable];
		if (value === undefined) throw new Error(`Grafana has no variable ${text} for the logs of a span`);
		return value;
	});
	return { query, ...rangeOf(span, link) };
}

/** What Grafana asks Prometheus for when somebody clicks on the metrics of a span, by what the link is called. */
export function metricsOfSpan(
	span: JaegerSpan,
	link: TraceToMetrics | undefined = tracesToMetrics,
): { readonly name: string; readonly query: string; readonly fromMs: number; readonly toMs: number }[] {
	if (link === undefined) throw new Error("the data source of Jaeger leads to no metrics");
	return link.queries.map(({ name, query }) => ({
		...{ name, query: asGrafanaReads(query).replaceAll("$__tags", tagsOf(span, link)) },
		...rangeOf(span, link),
	}));
}

/** The tags that a link asks for. Grafana knows what Jaeger lists of the process and of the span: not the name of the service. */
function tagsOf({ resource, tags }: JaegerSpan, link: SpanLink, more: Readonly<Record<string, string>> = {}): string {
	const known = { ...resource, ...tags, ...more };
	const chosen = (link.tags ?? []).flatMap(({ key, value = key }) => {
		return Object.hasOwn(known, key) ? [`${value}="${known[key]}"`] : [];
	});
	return chosen.join(", ");
}

function rangeOf({ startMs, durationMs }: JaegerSpan, { spanStartTimeShift, spanEndTimeShift }: SpanLink) {
	return { fromMs: startMs + shiftMs(spanStartTimeShift), toMs: startMs + durationMs + shiftMs(spanEndTimeShift) };
}

/** Id of the trace that Grafana leads to from a log line; undefined where it shows no link. */
export function traceOfLine(
	{ text, labels, metadata }: LokiLine,
	field: DerivedField | undefined = derivedField,
): string | undefined {
	if (field === undefined) throw new Error("the data source of Loki leads to no traces");
	const pattern = new RegExp(asGrafanaReads(field.matcherRegex));
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
