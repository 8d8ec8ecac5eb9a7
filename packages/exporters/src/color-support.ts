/** Decides on colours as Node itself does: FORCE_COLOR first, then NO_COLOR, then whether a terminal is there. */
export function wantsColors(
	stream: { readonly isTTY?: boolean | undefined },
	environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
	const forced = environment.FORCE_COLOR;
	if (forced !== undefined) return forced !== "0" && forced !== "false";
	if (environment.NO_COLOR || environment.NODE_DISABLE_COLORS) return false;
	return stream.isTTY === true && environment.TERM !== "dumb";
}
