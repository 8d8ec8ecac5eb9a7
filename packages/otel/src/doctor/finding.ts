export type Severity = "error" | "warning" | "note" | "ok";

export type FindingCode =
	| "api-copies"
	| "api-missing"
	| "endpoint-certificate"
	| "endpoint-expects-grpc"
	| "endpoint-expects-http"
	| "endpoint-expects-https"
	| "endpoint-forbidden"
	| "endpoint-invalid"
	| "endpoint-not-otlp"
	| "endpoint-refused"
	| "endpoint-speaks-http"
	| "endpoint-unreachable"
	| "endpoint-wrong-path"
	| "esm-not-hooked"
	| "export-failed"
	| "exporter-none"
	| "foreign-provider"
	| "logs-not-taken"
	| "metrics-not-served"
	| "metrics-off"
	| "metrics-served"
	| "no-provider"
	| "orphaned-logs-api"
	| "patched-too-late"
	| "sampled-in-part"
	| "sampled-out"
	| "sampled-out-by-parent"
	| "sdk-disabled"
	| "test-span-delivered"
	| "unknown-setting";

/** One thing the doctor has to say. */
export interface Finding {
	readonly code: FindingCode;
	/** `error`: no spans, or not these, reach the collector. `warning`: some may not. */
	readonly severity: Severity;
	readonly message: string;
	/** What to do about it; absent where nothing is to be done. */
	readonly cure?: string;
}

const marks: Readonly<Record<Severity, string>> = { error: "✗", warning: "!", note: "·", ok: "✓" };
const order: readonly Severity[] = ["error", "warning", "note", "ok"];

/** Worst first, each said once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
	const seen = new Set<string>();
	return [...findings]
		.filter(({ code, message }) => {
			const key = code === "sampled-out" ? code : `${code} ${message}`;
			return !seen.has(key) && seen.add(key);
		})
		.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** The findings as text for a terminal. */
export function printFindings(findings: readonly Finding[]): string {
	return findings
		.map(({ code, severity, message, cure }) => {
			const head = `${marks[severity]} ${code}: ${message}`;
			return cure === undefined ? head : `${head}\n    → ${cure}`;
		})
		.join("\n");
}
