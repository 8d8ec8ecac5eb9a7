import type { Attributes } from "@opentelemetry/api";
import type { Instruments } from "../telemetry/instruments.ts";

/** Something that may know how many entries it holds. */
export interface Sized {
	readonly size?: unknown;
}

/** So many names of caches have series of their own. */
const mostNames = 1_000;
/** So many new stores of a name are counted before those that are gone are looked for. */
const pruneEvery = 256;

const overflow: Attributes = Object.freeze({ "otel.metric.overflow": true });

/** The stores of one name; a store that nobody uses any more is not kept for its number. */
interface Named {
	readonly known: WeakSet<Sized>;
	readonly stores: Set<WeakRef<Sized>>;
}

const counted = new WeakMap<Instruments, Map<string, Named>>();

/** Has the entries of a store reported under the name of its cache, for as long as somebody uses it. */
export function countEntries(instruments: Instruments, name: string, store: Sized): void {
	if (sizeOf(store) === undefined) return;
	let all = counted.get(instruments);
	if (all === undefined) {
		all = new Map();
		counted.set(instruments, all);
		observe(instruments, all);
	}
	let named = all.get(name);
	if (named === undefined) {
		named = { known: new WeakSet(), stores: new Set() };
		all.set(name, named);
		if (all.size > mostNames) instruments.dropped("metrics", "cardinality");
	}
	if (named.known.has(store)) return;
	named.known.add(store);
	named.stores.add(new WeakRef(store));
	if (named.stores.size % pruneEvery === 0) entriesOf(named);
}

function observe(instruments: Instruments, all: Map<string, Named>): void {
	instruments.observe("pipeline.cache.entries", (report) => {
		let reported = 0;
		let rest = 0;
		for (const [name, named] of all) {
			const entries = entriesOf(named);
			if (named.stores.size === 0) all.delete(name);
			else if (reported++ < mostNames) report(entries, { "cache.name": name });
			else rest += entries;
		}
		if (reported > mostNames) report(rest, overflow);
	});
}

function entriesOf({ stores }: Named): number {
	let entries = 0;
	for (const reference of stores) {
		const store = reference.deref();
		if (store === undefined) stores.delete(reference);
		else entries += sizeOf(store) ?? 0;
	}
	return entries;
}

function sizeOf(store: Sized): number | undefined {
	try {
		return Number.isFinite(store.size) ? (store.size as number) : undefined;
	} catch {
		// A getter of the user's store threw.
		return undefined;
	}
}
