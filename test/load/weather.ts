/** How the server of the load test is, from one moment to the next. */
export type Weather = "healthy" | "failing" | "slow" | "resetting";

/** One round, in shares of its length. */
const round: readonly (readonly [weather: Weather, share: number])[] = [
	["healthy", 0.2],
	["failing", 0.15],
	["healthy", 0.2],
	["slow", 0.15],
	["healthy", 0.2],
	["resetting", 0.1],
];

/** Says how the server is so long after its start; rounds follow each other without end. */
export function weatherAt(sinceStartMs: number, roundMs: number): Weather {
	let left = (sinceStartMs % roundMs) / roundMs;
	for (const [weather, share] of round) {
		if (left < share) return weather;
		left -= share;
	}
	return "healthy";
}
