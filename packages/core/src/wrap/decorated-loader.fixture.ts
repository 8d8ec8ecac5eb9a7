import type { Light } from "../index.ts";

// Compiled in the test: decorators cannot be stripped away like types.
export function decoratedLoader(light: Light) {
	class Loader {
		#loaded = 0;
		static #built = 0;

		@light.method({ kind: "tool" })
		async load(url: string): Promise<string> {
			this.#loaded++;
			return this.parse(url);
		}

		@light.method({ name: "parse-page" })
		parse(page: string): string {
			return page.toUpperCase();
		}

		@light.method()
		async *read(times: number): AsyncGenerator<number> {
			for (let time = 0; time < times; time++) yield time + this.#loaded;
		}

		@light.method()
		static build(): number {
			return ++Loader.#built;
		}

		@light.method()
		[Symbol.for("reload")](): number {
			return this.#loaded;
		}

		get loaded(): number {
			return this.#loaded;
		}
	}
	return Loader;
}
