/** True where OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS leave an instrumentation on. */
export function isInstrumentationChosen(name: string): boolean {
	const enabled = names("OTEL_NODE_ENABLED_INSTRUMENTATIONS");
	const disabled = names("OTEL_NODE_DISABLED_INSTRUMENTATIONS");
	return (enabled?.includes(name) ?? true) && disabled?.includes(name) !== true;
}

function names(variable: string): string[] | undefined {
	const list = process.env[variable]?.split(",").map((name) => name.trim());
	return list?.some((name) => name !== "") ? list : undefined;
}
