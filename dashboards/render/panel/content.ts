import type { Annotation } from "../annotation.ts";
import type { Panel } from "../dashboard.ts";
import type { PanelData } from "../series.ts";
import { barGauge } from "./bar-gauge.ts";
import { heatmap } from "./heatmap.ts";
import type { Size } from "./size.ts";
import { stat } from "./stat.ts";
import { stateTimeline } from "./state-timeline.ts";
import { table } from "./table.ts";
import { timeSeries } from "./time-series.ts";

type Draw = (panel: Panel, data: PanelData, size: Size, annotations: readonly Annotation[]) => string;

const drawn: Readonly<Record<string, Draw>> = {
	timeseries: timeSeries,
	"state-timeline": stateTimeline,
	heatmap,
	stat,
	bargauge: barGauge,
	table,
};

/** Draws what is in a panel, by its kind. */
export function panelContent(panel: Panel, data: PanelData, size: Size, annotations: readonly Annotation[]): string {
	const draw = drawn[panel.type];
	if (draw === undefined) throw new RangeError(`panels of type ${panel.type} are not drawn yet: ${panel.title}`);
	const isEmpty = data.series.every(({ points }) => points.every(([, value]) => value === null));
	// Stats have a text of their own for nothing.
	if (isEmpty && panel.type !== "stat") return '<div class="no-data">No data</div>';
	return draw(panel, data, size, annotations);
}
