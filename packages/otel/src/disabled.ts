type Environment = Readonly<Record<string, string | undefined>>;

/** Read by core, which then does not warn of a missing provider. */
const disabledOnPurpose = Symbol.for("footlight.telemetry.disabled");

/** True where OTEL_SDK_DISABLED turns telemetry off. */
export function isDisabled(environment: Environment = process.env): boolean {
	return environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true";
}

/** Tells core whether spans go nowhere on purpose. */
export function markDisabled(disabled: boolean): void {
	(globalThis as { [disabledOnPurpose]?: boolean })[disabledOnPurpose] = disabled;
}
