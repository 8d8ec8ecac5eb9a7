/** A data source as a panel names it; a bare name in old files. */
export type DataSource = { readonly type?: string; readonly uid?: string } | string | null;

/** A query of a panel. */
export interface Target {
	readonly expr?: string;
	readonly refId?: string;
	readonly instant?: boolean;
	readonly range?: boolean;
	readonly datasource?: DataSource;
}

export interface ClassicPanel {
	readonly type: string;
	readonly title?: string;
	readonly datasource?: DataSource;
	readonly targets?: readonly Target[];
	/** Panels of a row that is folded. */
	readonly panels?: readonly ClassicPanel[];
}

export interface ClassicVariable {
	readonly name: string;
	readonly type: string;
	readonly query?: string | { readonly query?: string };
	readonly includeAll?: boolean;
	readonly allValue?: string | null;
	readonly current?: { readonly value?: string | readonly string[] };
}

export interface ClassicAnnotation {
	readonly name: string;
	readonly expr?: string;
	readonly enable?: boolean;
	readonly builtIn?: number;
	readonly datasource?: DataSource;
}

/** The parts of Grafana's classic JSON that these commands read. */
export interface ClassicDashboard {
	readonly uid: string;
	readonly title: string;
	readonly description?: string;
	readonly panels: readonly ClassicPanel[];
	readonly templating?: { readonly list?: readonly ClassicVariable[] };
	readonly annotations?: { readonly list?: readonly ClassicAnnotation[] };
}

/** A rule of Prometheus: an alert, or a series that it records. */
export interface Rule {
	readonly alert?: string;
	readonly record?: string;
	readonly expr: string;
}

export interface RuleGroup {
	readonly name: string;
	readonly rules: readonly Rule[];
}
