import type { Attributes } from "@opentelemetry/api";

interface Node<T> {
	/** Name of the attribute that mostly comes next: compared, it need not be looked up. */
	readonly name: string;
	readonly values: Map<unknown, Node<T>>;
	/** Nodes for other attributes that came next, where there were any. */
	others: Map<string, Node<T>> | undefined;
	found: T | undefined;
}

/**
 * Finds things by attributes as they were written: the same in another order are others.
 *
 * A walk along names and values costs a fraction of making a text of them. Once `limit` things are held all are let go:
 * it is a cache.
 */
export class AttributeTrie<T> {
	readonly #limit: number;
	#root: Node<T> = nodeFor("");
	#size = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** Undefined where nothing is held, and where a value is an object, which may change. */
	get(attributes: Attributes): T | undefined {
		let node: Node<T> = this.#root;
		for (const name in attributes) {
			const value = attributes[name];
			if (typeof value === "object") return undefined;
			const step: Node<T> | undefined = node.name === name ? node : node.others?.get(name);
			const next = step?.values.get(value);
			if (next === undefined) return undefined;
			node = next;
		}
		return node.found;
	}

	set(attributes: Attributes, found: T): void {
		if (this.#size >= this.#limit) this.clear();
		let node: Node<T> = this.#root;
		for (const name in attributes) {
			const value = attributes[name];
			if (typeof value === "object") return;
			let step: Node<T> | undefined = node.name === name ? node : node.others?.get(name);
			if (step === undefined) {
				step = nodeFor(name);
				node.others ??= new Map();
				node.others.set(name, step);
			}
			let next = step.values.get(value);
			if (next === undefined) {
				next = nodeFor(nameAfter(attributes, name));
				step.values.set(value, next);
			}
			node = next;
		}
		if (node.found === undefined) this.#size++;
		node.found = found;
	}

	clear(): void {
		this.#root = nodeFor("");
		this.#size = 0;
	}
}

function nodeFor<T>(name: string): Node<T> {
	return { name, values: new Map(), others: undefined, found: undefined };
}

function nameAfter(attributes: Attributes, name: string): string {
	const names: string[] = [];
	for (const one in attributes) names.push(one);
	return names[names.indexOf(name) + 1] ?? "";
}
