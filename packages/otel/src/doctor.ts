import { knownOptions, milliseconds, nonEmptyString, optionalBoolean } from "@footlight/core/option";
import { checkEndpoint, checkLogEndpoint } from "./doctor/check-endpoint.ts";
import { checkEnvironment, targetAt } from "./doctor/check-environment.ts";
import { checkInstall } from "./doctor/check-install.ts";
import { checkMetrics } from "./doctor/check-metrics.ts";
import { checkProcess } from "./doctor/check-process.ts";
import { type Finding, type FindingCode, printFindings, type Severity, sortFindings } from "./doctor/finding.ts";
import { sendsOtlp } from "./exporter-name.ts";

export interface DoctorOptions {
	/** Base address to try instead of the one that OTEL_* say. */
	readonly endpoint?: string;
	/** Where the application is installed. @default the working directory */
	readonly folder?: string;
	/** Looks at this process too: its provider, its sampling, what it has loaded. @default true */
	readonly inProcess?: boolean;
	/** Longest each step of the network takes, in milliseconds. @default 5_000 */
	readonly timeoutMs?: number;
}

export interface DoctorReport {
	/** Worst first. */
	readonly findings: readonly Finding[];
	/** True when there is no finding of severity `error`. */
	readonly healthy: boolean;
	/** The findings in words, for a terminal. */
	readonly text: string;
}

/**
 * Tells in words why no spans appear: settings, installed copies, the running process, and the endpoint, to which it
 * sends a real test span (named `footlight.doctor`). It also tells where metrics are served, or why they are not.
 *
 * Call it where spans are missed, after telemetry was started; a request's own context shows whether its trace is
 * sampled. It never rejects for what it finds.
 *
 * **Throws** TypeError or RangeError for options that are unknown or wrong.
 *
 * @example console.log((await doctor()).text);
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
	knownOptions("doctor", options, ["endpoint", "folder", "inProcess", "timeoutMs"]);
	const { endpoint, folder = process.cwd(), inProcess = true, timeoutMs = 5_000 } = options;
	if (endpoint !== undefined) nonEmptyString("doctor: endpoint", endpoint);
	nonEmptyString("doctor: folder", folder);
	optionalBoolean("doctor: inProcess", inProcess);
	milliseconds("doctor: timeoutMs", timeoutMs);

	const found: Finding[] = [...checkEnvironment(), ...checkInstall(folder)];
	if (inProcess) found.push(...checkProcess());
	// An address that nothing is sent to is no finding, unless it is the one that was asked for.
	if (endpoint !== undefined || sendsOtlp("traces")) {
		found.push(...(await checkEndpoint(targetAt("traces", endpoint), timeoutMs)));
	}
	if (sendsOtlp("logs")) {
		found.push(...(await checkLogEndpoint(targetAt("logs", endpoint), timeoutMs)));
	}
	found.push(...(await checkMetrics(inProcess, timeoutMs)));
	const findings = sortFindings(found);
	const healthy = findings.every(({ severity }) => severity !== "error");
	return { findings, healthy, text: printFindings(findings) };
}

export type { Finding, FindingCode, Severity };
