import type { Telemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** Shared by every copy of this package in the process. */
const running = Symbol.for("footlight.telemetry.running");

interface Started {
	readonly telemetry: Telemetry;
	readonly options: TelemetryOptions;
	/** Set once somebody was told that a second start had other options. */
	warned: boolean;
}
const shared = globalThis as { [running]?: Started };

/** What `startTelemetry` last started in this process. */
export function startedTelemetry(): Started | undefined {
	return shared[running];
}

export function keepStarted(telemetry: Telemetry, options: TelemetryOptions): void {
	shared[running] = { telemetry, options, warned: false };
}
