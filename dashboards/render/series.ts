import type { Dashboard, Target } from "./dashboard.ts";
import { type Labels, legendOf } from "./legend.ts";
import { type Ask, askExemplars, askInstant, askRange, type Exemplar } from "./prometheus.ts";
import { substitute } from "./substitute.ts";
import { stepMsOf, type TimeRange } from "./time-range.ts";

/** A series as a panel draws it. */
export interface Series {
	readonly name: string;
	readonly labels: Labels;
	/** Which of the panel's queries it answers. */
	readonly refId: string;
	/** By time; null where the series had no value. */
	readonly points: readonly Point[];
}

/** Milliseconds since the epoch, and what was there. */
export type Point = readonly [timeMs: number, value: number | null];

/** What a panel is drawn from. */
export interface PanelData {
	readonly series: readonly Series[];
	readonly exemplars: readonly Exemplar[];
	readonly range: TimeRange;
	readonly stepMs: number;
}

/** Asks all of a panel's questions. */
export async function panelData(
	ask: Ask,
	targets: readonly Target[],
	range: TimeRange,
	widthPixels: number,
	variables: Dashboard["templating"]["list"],
): Promise<PanelData> {
	const stepMs = stepMsOf(range, widthPixels);
	const answers = await Promise.all(
		targets.map(async (target) => {
			const expression = substitute(target.expr, variables, range, stepMs);
			if (target.instant) {
				const samples = await askInstant(ask, expression, range.toMs);
				return samples.map(({ metric, value }) => named(target, metric, [value].map(point)));
			}
			const matrix = await askRange(ask, expression, range, stepMs);
			return matrix.map(({ metric, values }) => named(target, metric, withGaps(values.map(point), range, stepMs)));
		}),
	);
	const exemplars = await Promise.all(
		targets
			.filter(({ exemplar }) => exemplar)
			.map((target) => askExemplars(ask, substitute(target.expr, variables, range, stepMs), range)),
	);
	return { series: answers.flat(), exemplars: spread(exemplars.flat(), stepMs), range, stepMs };
}

function named({ refId, legendFormat }: Target, labels: Labels, points: readonly Point[]): Series {
	return { name: legendOf(legendFormat, labels), labels, refId, points };
}

function point([seconds, text]: readonly [number, string]): Point {
	const value = text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
	return [Math.round(seconds * 1_000), Number.isFinite(value) ? value : null];
}

/** Prometheus leaves out points that are not there; a graph has to know of them. */
function withGaps(points: readonly Point[], { fromMs, toMs }: TimeRange, stepMs: number): readonly Point[] {
	const known = new Map(points);
	const first = Math.ceil(fromMs / stepMs) * stepMs;
	const count = Math.max(0, Math.floor((toMs - first) / stepMs) + 1);
	return Array.from({ length: count }, (_, index) => {
		const timeMs = first + index * stepMs;
		return [timeMs, known.get(timeMs) ?? null];
	});
}

/** Of exemplars of one moment keeps the highest and what is far from it: a cloud of dots says less. */
function spread(exemplars: readonly Exemplar[], stepMs: number): readonly Exemplar[] {
	const mean = exemplars.reduce((sum, { value }) => sum + value, 0) / exemplars.length;
	const deviation = Math.sqrt(exemplars.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / exemplars.length);
	const moments = Map.groupBy(exemplars, ({ timeMs }) => Math.floor(timeMs / stepMs));
	return [...moments.values()].flatMap((together) => {
		const kept: Exemplar[] = [];
		for (const exemplar of together.toSorted((a, b) => b.value - a.value)) {
			const last = kept.at(-1);
			if (last === undefined || last.value - exemplar.value > 2 * deviation) kept.push(exemplar);
		}
		return kept;
	});
}

/** The last value that a series had. */
export function lastValue({ points }: Series): number | undefined {
	return points.findLast(([, value]) => value !== null)?.[1] ?? undefined;
}
