// A class with private fields, instrumented in place: calls among its own methods are stages, too.
import { setTimeout as sleep } from "node:timers/promises";
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "instrument-class", console: true });
const light = footlight("library");

class Library {
	readonly #books = new Map([["Flatland", 1884]]);

	get size(): number {
		return this.#books.size;
	}

	async find(title: string): Promise<number | undefined> {
		await sleep(5);
		return this.#books.get(title);
	}

	async add(title: string, year: number): Promise<void> {
		if ((await this.find(title)) !== undefined) throw new RangeError(`${title} is here already`);
		this.#books.set(title, year);
	}

	*titles(): Generator<string> {
		yield* this.#books.keys();
	}
}

// The object itself is changed: whoever holds it calls the stages.
const library = new Library();
light.instrument(library, { prefix: "library" });

await light.run({ userId: "ada" }, async () => {
	await library.add("Solaris", 1961);
	console.log([...library.titles()].join(", "));
});

await light
	.run({ userId: "ada" }, () => library.add("Flatland", 1884))
	.catch((error: Error) => console.log(`refused: ${error.message}`));

console.log(`${library.size} books, and it is ${library instanceof Library ? "still" : "no longer"} a Library`);

await telemetry.shutdown();
