import { isStream } from "../runner/stream-reader.ts";
import { primed } from "../stream/prime.ts";

/** What an attempt gives, once it can no longer fail as a whole: of a stream, with its first item. */
export async function answered(result: unknown): Promise<unknown> {
	const given = await result;
	return isStream(given) ? primed(given) : given;
}
