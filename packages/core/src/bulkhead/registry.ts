import type { Attributes } from "@opentelemetry/api";
import { refuse } from "../option.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { Pool, type PoolSize } from "./pool.ts";

/** A pool lives as long as a stage or a call has it: an empty one has no state to keep. */
const pools = new Map<string, WeakRef<Pool>>();
const forget = new FinalizationRegistry<string>((key) => {
	if (pools.get(key)?.deref() === undefined) pools.delete(key);
});

/**
 * The bulkhead of a name that was given: one for all who name it, and so they must agree on its size.
 *
 * **Throws** RangeError where it has another size.
 */
export function namedPool(name: string, size: PoolSize): Pool {
	const pool = poolOf(name, name, size);
	for (const option of ["concurrency", "queueSize"] as const) {
		if (pool[option] === size[option]) continue;
		refuse(RangeError, `bulkhead: ${option}`, `${pool[option]}, as elsewhere for the name ${name}`, size[option]);
	}
	return pool;
}

/** The bulkhead of a stage, which has no name of its own: the same for a stage that is defined anew. */
export function stagePool(name: string, size: PoolSize): Pool {
	return poolOf(`${name}\n${size.concurrency}\n${size.queueSize}`, name, size);
}

function poolOf(key: string, name: string, size: PoolSize): Pool {
	const known = pools.get(key)?.deref();
	if (known !== undefined) return known;
	const pool = new Pool(name, size);
	pools.set(key, new WeakRef(pool));
	forget.register(pool, key);
	return pool;
}

const measured = new WeakMap<Instruments, WeakSet<Pool>>();

/** Has a pool's figures read when somebody collects. */
export function measure(pool: Pool, instruments: Instruments): void {
	let own = measured.get(instruments);
	if (own === undefined) {
		own = new WeakSet();
		measured.set(instruments, own);
		observe(instruments, own);
	}
	own.add(pool);
}

const figures = {
	"pipeline.bulkhead.active": (pool: Pool) => pool.active,
	"pipeline.bulkhead.queued": (pool: Pool) => pool.queued,
	"pipeline.bulkhead.capacity": (pool: Pool) => pool.concurrency,
} as const;

function observe(instruments: Instruments, own: WeakSet<Pool>): void {
	for (const metric of Object.keys(figures) as (keyof typeof figures)[]) {
		instruments.observe(metric, (report) => {
			const totals = new Map<string, number>();
			for (const held of pools.values()) {
				const pool = held.deref();
				if (pool === undefined || !own.has(pool)) continue;
				totals.set(pool.name, (totals.get(pool.name) ?? 0) + figures[metric](pool));
			}
			for (const [name, total] of totals) report(total, attributesOf(name));
		});
	}
}

const attributes = new Map<string, Attributes>();

function attributesOf(name: string): Attributes {
	let known = attributes.get(name);
	if (known === undefined) {
		known = Object.freeze({ "bulkhead.name": name });
		attributes.set(name, known);
	}
	return known;
}
