import { QueueFullError, withoutStack } from "../error.ts";
import type { Ending } from "./ending.ts";
import type { QueueSettings } from "./settings.ts";
import type { DropReason } from "./tally.ts";

/** Why an item cannot come in now. */
export type Obstacle = "closed" | "too_large" | "full";

/** As what an item that is refused is counted. */
export function reasonFor(obstacle: Obstacle): DropReason {
	return obstacle === "closed" ? "closed" : "rejected";
}

/** What a put that is refused rejects with. */
export function refusal(obstacle: Obstacle, bytes: number, settings: QueueSettings<never>, ending: Ending): Error {
	const { name, capacity, maxBytes } = settings;
	switch (obstacle) {
		case "closed":
			return ending.error();
		case "full":
			return withoutStack(() => new QueueFullError(name, capacity));
		case "too_large":
			return new RangeError(`ChunkQueue ${name}: an item must have at most ${maxBytes} bytes, got ${bytes}`);
	}
}
