import { createHmac } from "node:crypto";
import { refuse } from "@footlight/core/option";

/** Signs what is posted, as Standard Webhooks says. */
export class Signer {
	readonly #keys: readonly Buffer[];

	/** @param secrets - each base64, with `whsec_` before it or not; several while one is replaced by another */
	constructor(where: string, secrets: string | readonly string[]) {
		const all: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
		if (all.length === 0) refuse(RangeError, where, "a secret or several", secrets);
		this.#keys = all.map((secret) => {
			if (typeof secret !== "string") refuse(TypeError, where, "a string", secret);
			const text = secret.replace(/^whsec_/, "");
			if (!/^[A-Za-z0-9+/]{4,}={0,2}$/.test(text))
				throw new RangeError(`${where} must be base64, with whsec_ before it or not`);
			return Buffer.from(text, "base64");
		});
	}

	headers(id: string, timeMs: number, body: string): Readonly<Record<string, string>> {
		const seconds = Math.floor(timeMs / 1_000);
		const signatures = this.#keys.map((key) =>
			createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64"),
		);
		return {
			"webhook-id": id,
			"webhook-timestamp": String(seconds),
			"webhook-signature": signatures.map((signature) => `v1,${signature}`).join(" "),
		};
	}
}
