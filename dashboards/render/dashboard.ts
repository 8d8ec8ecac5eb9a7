/** What the renderer reads of a dashboard's committed JSON. */
export interface Dashboard {
	readonly uid: string;
	readonly title: string;
	readonly description: string;
	readonly panels: readonly Panel[];
	readonly annotations: { readonly list: readonly AnnotationQuery[] };
	readonly templating: { readonly list: readonly DashboardVariable[] };
}

/** A variable at the top of a dashboard. */
export interface DashboardVariable {
	readonly name: string;
	readonly type: string;
	readonly label?: string;
	/** 2 where nobody sees it. */
	readonly hide?: number;
	readonly allValue?: string;
	readonly includeAll?: boolean;
}

/** A question whose answers are drawn through all panels. */
export interface AnnotationQuery {
	readonly name: string;
	readonly iconColor: string;
	/** Whether it is drawn before somebody asks for it. */
	readonly enable?: boolean;
	readonly expr?: string;
	/** Whether a series' value, not its point, says when it happened, in milliseconds since the epoch. */
	readonly useValueForTime?: boolean;
	/** Shortest distance between two points, as `5s`. */
	readonly step?: string;
	readonly target?: { readonly expr?: string; readonly interval?: string };
}

/** A panel, or the heading of a row. */
export interface Panel {
	readonly type: string;
	readonly title: string;
	readonly description?: string;
	readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
	readonly targets?: readonly Target[];
	readonly fieldConfig?: FieldConfig;
	readonly options?: PanelOptions;
	readonly transformations?: readonly { readonly id: string; readonly options: Organize }[];
}

/** A question of a panel. */
export interface Target {
	readonly refId: string;
	readonly expr: string;
	readonly legendFormat: string;
	readonly instant?: boolean;
	readonly exemplar?: boolean;
}

/** How columns of a table are ordered and called. */
export interface Organize {
	readonly excludeByName?: Readonly<Record<string, boolean>>;
	readonly indexByName?: Readonly<Record<string, number>>;
	readonly renameByName?: Readonly<Record<string, string>>;
}

/** Options of all kinds of panels. */
export interface PanelOptions {
	readonly textMode?: string;
	readonly graphMode?: string;
	readonly maxVizHeight?: number;
	readonly yAxis?: { readonly unit?: string };
	readonly sortBy?: readonly { readonly displayName: string; readonly desc?: boolean }[];
}

/** How a panel's values look, and which of them look different. */
export interface FieldConfig {
	readonly defaults: FieldSettings;
	readonly overrides: readonly {
		readonly matcher: { readonly id: string; readonly options: string | { readonly reducer: string } };
		readonly properties: readonly { readonly id: string; readonly value: unknown }[];
	}[];
}

/** How values look. */
export interface FieldSettings {
	readonly unit?: string;
	readonly decimals?: number;
	readonly min?: number;
	readonly max?: number;
	readonly noValue?: string;
	readonly color?: { readonly mode: string; readonly fixedColor?: string };
	readonly thresholds?: { readonly steps: readonly ThresholdStep[] };
	readonly mappings?: readonly ValueMapping[];
	readonly custom?: CustomSettings;
}

/** From this value on, this colour; the first has none. */
export interface ThresholdStep {
	readonly value: number | null;
	readonly color: string;
}

/** A text and a colour. */
export interface MappingResult {
	readonly text: string;
	readonly color: string;
}

/** Texts and colours of single values, or of none. */
export type ValueMapping =
	| { readonly type: "value"; readonly options: Readonly<Record<string, MappingResult>> }
	| { readonly type: "special"; readonly options: { readonly match: string; readonly result: MappingResult } };

/** What only some kinds of panels have. */
export interface CustomSettings {
	readonly drawStyle?: string;
	readonly lineWidth?: number;
	readonly fillOpacity?: number;
	readonly gradientMode?: string;
	readonly lineStyle?: { readonly fill?: string; readonly dash?: readonly number[] };
	readonly stacking?: { readonly mode: string };
	readonly thresholdsStyle?: { readonly mode: string };
	readonly scaleDistribution?: { readonly type: string; readonly log?: number };
	readonly hideFrom?: { readonly viz?: boolean; readonly legend?: boolean };
	readonly cellOptions?: { readonly type: string };
}
