import { telemetryFailed } from "@footlight/core";
import type { Attributes } from "@opentelemetry/api";
import { AttributeTrie } from "./attribute-trie.ts";
import { keyOfLabels, type Labels, labelsOf } from "./labels.ts";
import type { AttributeFilter } from "./view.ts";

/** A series: its labels, and the text by which it is told from others. */
export interface Cell {
	readonly labels: Labels;
	readonly key: string;
	reset(): void;
}

/** Why a recording is given up: its labels are beyond the limit, it cannot be read, or its instrument is left out. */
export type LossReason = "cardinality" | "invalid_value" | "name_conflict";

export interface CellTableOptions<C extends Cell> {
	readonly create: (labels: Labels, key: string) => C;
	readonly scope: Labels;
	/** The label that Prometheus sets itself on such series. */
	readonly reserved: string | undefined;
	readonly filter: AttributeFilter | undefined;
	readonly limit: number;
	/** Hears of each recording that lost its labels to the limit, or that is lost itself. */
	readonly lost: (reason: LossReason) => void;
}

const overflowAttributes: Attributes = Object.freeze({ "otel.metric.overflow": true });
const none: Attributes = Object.freeze({});

/**
 * The series of one instrument, found by the attributes of a recording.
 *
 * A frozen object is looked at once, and known by its identity from then on. One series less than `limit` has labels of
 * its own; what comes after them shares the overflow series, as in the OpenTelemetry SDK.
 */
export class CellTable<C extends Cell> {
	/** The series of all that is beyond the limit, once there is one. */
	overflow: C | undefined;
	readonly #options: CellTableOptions<C>;
	readonly #cells = new Map<string, C>();
	#byIdentity = new WeakMap<Attributes, C>();
	#overflowed = new WeakSet<Attributes>();
	readonly #byContent: AttributeTrie<C>;
	#lastAttributes: Attributes | undefined = none;
	#lastCell: C | undefined;
	#closed: C | undefined;
	#leftOut = false;

	constructor(options: CellTableOptions<C>) {
		this.#options = options;
		// One set of attributes may be written in as many ways as it has orders.
		this.#byContent = new AttributeTrie(options.limit * 4);
	}

	/** Finds the series of a recording, and makes it where it is new; undefined where there is none, which is counted. */
	of(attributes: Attributes | undefined): C | undefined {
		if (attributes === this.#lastAttributes && this.#lastCell !== undefined) return this.#lastCell;
		const found = attributes === undefined ? undefined : this.#byIdentity.get(attributes);
		if (found === undefined) return this.#find(attributes ?? none);
		this.#lastAttributes = attributes;
		this.#lastCell = found;
		return found;
	}

	/** The attributes of a recording that are not among its labels; undefined where all are. */
	filteredOut(attributes: Attributes | undefined): Attributes | undefined {
		const { filter } = this.#options;
		if (filter === undefined || attributes === undefined) return undefined;
		try {
			return filter.leaveOut(attributes);
		} catch (error) {
			telemetryFailed("metric attributes", error);
			return undefined;
		}
	}

	/** All series that were recorded. */
	all(): IterableIterator<C> {
		return this.#cells.values();
	}

	/** Whether a new series would find no place. */
	get full(): boolean {
		return this.#cells.size >= this.#options.limit - 1;
	}

	/** Takes out the series that are of no more use, so that others get their places. */
	retain(useful: (cell: C) => boolean): void {
		let removed = false;
		for (const cell of this.#cells.values()) {
			if (useful(cell)) continue;
			this.#cells.delete(cell.key);
			removed = true;
		}
		if (removed) this.#forget();
	}

	/** Sets every series back to nothing recorded. */
	reset(): void {
		for (const cell of this.#cells.values()) cell.reset();
	}

	/** Forgets every series; recordings from now on go nowhere. */
	close(): void {
		this.#closed = this.#options.create({}, "");
		this.#cells.clear();
		this.#forget();
	}

	/** Forgets every series; recordings from now on are lost. */
	leaveOut(): void {
		this.#leftOut = true;
		this.#cells.clear();
		this.#forget();
	}

	#forget(): void {
		this.overflow = undefined;
		this.#byIdentity = new WeakMap();
		this.#overflowed = new WeakSet();
		this.#byContent.clear();
		this.#lastAttributes = undefined;
		this.#lastCell = undefined;
	}

	#find(attributes: Attributes): C | undefined {
		if (this.#closed !== undefined) return this.#closed;
		if (this.#leftOut) return this.#lose("name_conflict");
		try {
			if (typeof attributes !== "object") return this.#find(none);
			return Object.isFrozen(attributes) ? this.#findFrozen(attributes) : this.#findUnfrozen(attributes);
		} catch (error) {
			telemetryFailed("metric attributes", error);
			return this.#lose("invalid_value");
		}
	}

	#lose(reason: LossReason): undefined {
		this.#options.lost(reason);
		return undefined;
	}

	#findFrozen(attributes: Attributes): C {
		if (this.#overflowed.has(attributes)) return this.#overflow();
		const cell = this.#make(attributes);
		// What is an object itself may still change inside.
		if (Object.values(attributes).some((value) => typeof value === "object")) return cell ?? this.#overflow();
		if (cell === undefined) {
			this.#overflowed.add(attributes);
			return this.#overflow();
		}
		this.#byIdentity.set(attributes, cell);
		return cell;
	}

	#findUnfrozen(attributes: Attributes): C {
		const known = this.#byContent.get(attributes);
		if (known !== undefined) return known;
		const cell = this.#make(attributes);
		if (cell === undefined) return this.#overflow();
		this.#byContent.set(attributes, cell);
		return cell;
	}

	/** Gives undefined where the limit leaves no place. */
	#make(attributes: Attributes): C | undefined {
		const { create, scope, reserved, filter } = this.#options;
		const labels = labelsOf(filter === undefined ? attributes : filter.keep(attributes), scope, reserved);
		const key = keyOfLabels(labels);
		const known = this.#cells.get(key);
		if (known !== undefined) return known;
		if (this.full) return undefined;
		const cell = create(labels, key);
		this.#cells.set(key, cell);
		return cell;
	}

	#overflow(): C {
		const { create, scope, reserved, lost } = this.#options;
		lost("cardinality");
		const labels = labelsOf(overflowAttributes, scope, reserved);
		const key = keyOfLabels(labels);
		let cell = this.#cells.get(key);
		if (cell === undefined) {
			cell = create(labels, key);
			this.#cells.set(key, cell);
		}
		this.overflow = cell;
		return cell;
	}
}
