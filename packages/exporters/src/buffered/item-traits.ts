import { telemetryFailed } from "@footlight/core";
import { show } from "@footlight/core/option";
import { ignoreRejection, isThenable } from "@footlight/core/telemetry";
import { type ItemTraits, type Priority, priorities } from "./backlog.ts";

/** The user's own words about items. */
export interface GivenTraits<Item> {
	readonly priorityOf?: ((item: Item) => Priority | undefined) | undefined;
	readonly orderKeyOf?: ((item: Item) => string | undefined) | undefined;
	readonly sizeOf?: ((item: Item) => number) | undefined;
}

const normal = priorities.indexOf("normal");

/** Guards the user's functions: one that throws, or answers with what it may not, is counted, and the default counts. */
export function itemTraits<Item>({ priorityOf, orderKeyOf, sizeOf }: GivenTraits<Item>): ItemTraits<Item> {
	return {
		rankOf:
			priorityOf === undefined
				? () => normal
				: (item) => {
						try {
							const priority = priorityOf(item);
							if (priority === undefined) return normal;
							const rank = priorities.indexOf(priority);
							if (rank >= 0) return rank;
							unfit("priorityOf", `one of ${priorities.join(", ")}`, priority);
						} catch (error) {
							telemetryFailed("priorityOf", error);
						}
						return normal;
					},
		orderKeyOf:
			orderKeyOf === undefined
				? () => undefined
				: (item) => {
						try {
							const key = orderKeyOf(item);
							if (key === undefined || typeof key === "string") return key;
							unfit("orderKeyOf", "a string or undefined", key);
						} catch (error) {
							telemetryFailed("orderKeyOf", error);
						}
						return undefined;
					},
		bytesOf:
			sizeOf === undefined
				? () => 0
				: (item) => {
						try {
							const bytes = sizeOf(item);
							// Sums of fractions drift.
							if (typeof bytes === "number" && bytes >= 0 && bytes < Number.POSITIVE_INFINITY) return Math.ceil(bytes);
							unfit("sizeOf", "a number of at least 0", bytes);
						} catch (error) {
							telemetryFailed("sizeOf", error);
						}
						return 0;
					},
	};
}

function unfit(name: string, expected: string, value: unknown): void {
	// One written as an async function may reject, too.
	if (isThenable(value)) ignoreRejection(value);
	telemetryFailed(name, new TypeError(`${name} must give ${expected}, got ${show(value)}`));
}
