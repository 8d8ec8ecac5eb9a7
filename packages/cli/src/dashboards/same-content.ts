type Json = Readonly<Record<string, unknown>>;

/** Whether Grafana has everything that is shipped; what it adds of its own (version, defaults, its annotations) is no difference. */
export function hasContent(stored: unknown, shipped: unknown): boolean {
	if (Array.isArray(shipped)) {
		if (!Array.isArray(stored)) return false;
		const own = stored.filter((one) => !isBuiltIn(one));
		const ours = shipped.filter((one) => !isBuiltIn(one));
		return own.length === ours.length && ours.every((one, index) => hasContent(own[index], one));
	}
	if (shipped === null || typeof shipped !== "object") return Object.is(stored, shipped);
	if (stored === null || typeof stored !== "object") return false;
	return Object.entries(shipped).every(([key, value]) => hasContent((stored as Json)[key], value));
}

/** Annotations that Grafana puts on every dashboard. */
function isBuiltIn(one: unknown): boolean {
	return (one as { builtIn?: unknown } | null)?.builtIn === 1;
}
