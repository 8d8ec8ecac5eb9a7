import { show } from "./option.ts";
import { telemetryFailed } from "./telemetry-failure.ts";
import { ignoreRejection, isThenable } from "./thenable.ts";

/** What a user's function says of an error; undefined where it fails or does not say, which is counted and told. */
export function asked(part: string, predicate: (error: unknown) => unknown, error: unknown): boolean | undefined {
	try {
		const answer = predicate(error);
		if (typeof answer === "boolean") return answer;
		// One written as an async function may reject, too.
		if (isThenable(answer)) ignoreRejection(answer);
		throw new TypeError(`it must answer true or false, got ${show(answer)}`);
	} catch (failure) {
		telemetryFailed(part, failure);
		return undefined;
	}
}
