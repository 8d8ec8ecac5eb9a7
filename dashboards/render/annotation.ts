import { colorOf } from "./color.ts";
import type { Dashboard } from "./dashboard.ts";
import { type Ask, askRange } from "./prometheus.ts";
import { substitute } from "./substitute.ts";
import { readDuration, stepMsOf, type TimeRange } from "./time-range.ts";

/** Something that happened, drawn through all time axes. */
export interface Annotation {
	readonly name: string;
	readonly color: string;
	readonly fromMs: number;
	/** The same as `fromMs` where it did not last. */
	readonly toMs: number;
}

/** Grafana asks for this many points whatever a panel's width. */
const maxPoints = 100;

/** Asks for all that happened on a dashboard. */
export async function annotationsOf(
	ask: Ask,
	{ annotations, templating }: Dashboard,
	range: TimeRange,
): Promise<readonly Annotation[]> {
	const found = await Promise.all(
		annotations.list
			.filter(({ enable }) => enable !== false)
			.map(async ({ name, iconColor, useValueForTime, target, expr = target?.expr, step = target?.interval }) => {
				if (expr === undefined) return [];
				const given = step === undefined ? "" : substitute(step, [], range, range.scrapeMs);
				const leastMs = given === "" ? range.scrapeMs : readDuration(name, given);
				const stepMs = stepMsOf({ ...range, scrapeMs: leastMs }, maxPoints);
				const answer = await askRange(ask, substitute(expr, templating.list, range, stepMs), range, stepMs);
				return answer.flatMap(({ values }) => {
					const times = values
						.filter(([, value]) => Number(value) > 0)
						.map(([seconds, value]) => (useValueForTime ? Math.floor(Number(value)) : seconds * 1_000));
					// Points that are no further apart than a step are one event.
					return joined(times, stepMs)
						.filter(([fromMs, toMs]) => toMs >= range.fromMs && fromMs <= range.toMs)
						.map(([fromMs, toMs]) => ({ name, color: colorOf(iconColor), fromMs, toMs }));
				});
			}),
	);
	return found.flat();
}

/** Joins moments that follow each other. */
export function joined(
	timesMs: readonly number[],
	gapMs: number,
): readonly (readonly [fromMs: number, toMs: number])[] {
	const events: [number, number][] = [];
	for (const time of timesMs) {
		const last = events.at(-1);
		if (last !== undefined && time - last[1] <= gapMs) last[1] = time;
		else events.push([time, time]);
	}
	return events;
}
