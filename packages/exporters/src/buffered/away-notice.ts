import { warn } from "@footlight/core";
import { failureType } from "./transience.ts";

/** Names that were told of: exporters of one name may be many, one for each call say. */
const told = new Set<string>();
const mostNames = 100;

/** Tells of a sink that is away: a program whose events wait, and wait, is otherwise silent. Once for each name in a process. */
export class AwayNotice {
	readonly #name: string;
	readonly #left: () => number;
	/** Another exporter of the name may have another sink. */
	#isTeller = false;

	constructor(name: string, left: () => number) {
		this.#name = name;
		this.#left = left;
	}

	/** A round of attempts was in vain. */
	failed(error: unknown): void {
		if (told.has(this.#name) || told.size >= mostNames) return;
		told.add(this.#name);
		this.#isTeller = true;
		const waiting = `${this.#left()} items wait, and are tried again until it takes them`;
		warn(
			"FOOTLIGHT_EXPORT_FAILED",
			`exporter ${this.#name}: its sink is away (${failureType(error)}); ${waiting}. pipeline.exporter.* counts; this is said once`,
		);
	}

	/** The sink confirmed a batch. */
	confirmed(): void {
		if (!this.#isTeller) return;
		this.#isTeller = false;
		warn("FOOTLIGHT_EXPORT_RECOVERED", `exporter ${this.#name}: its sink takes items again`);
	}
}
