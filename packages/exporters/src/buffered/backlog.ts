/** What an item is worth when not all can be kept; from the first to be shed to the last. */
export const priorities = ["low", "normal", "high", "critical"] as const;

/** What an item is worth when not all can be kept. */
export type Priority = (typeof priorities)[number];

/** An item that a backlog has accepted. */
export interface BacklogEntry<Item> {
	/** Its place in the order of acceptance; after a restart of the process a spool goes on where it stopped. */
	readonly sequence: number;
	readonly item: Item;
	/** Index into {@link priorities}. */
	readonly rank: number;
	/** Items of one key never overtake each other. */
	readonly orderKey: string | undefined;
	/** What it counts for in bounds of bytes. */
	readonly bytes: number;
}

/** Why an item was not accepted; what it is counted as (`error.type`). */
export type Refusal = "queue_full" | "item_too_large" | "not_serializable" | "disk_full" | "spool_failed";

/** What is to be known of an item: the user's functions, guarded; none of these throws. */
export interface ItemTraits<Item> {
	/** Index into {@link priorities}. */
	rankOf(item: Item): number;
	orderKeyOf(item: Item): string | undefined;
	/** A finite number of at least 0. */
	bytesOf(item: Item): number;
}

/** What a backlog is given by the exporter it works for. */
export interface BacklogHost<Item> {
	/** Name of the exporter. */
	readonly name: string;
	readonly traits: ItemTraits<Item>;
	/** Batches that may be in flight at once: a lane has at most one. Entries of one order key are all of one lane. */
	readonly lanes: number;
	/** Most items in memory, those in flight included. */
	readonly maxItems: number;
	/** Most bytes in memory, those in flight included. */
	readonly maxBytes: number;
	/**
	 * To be called when entries can be taken that could not be before and no {@link Backlog.offer} is under way: written,
	 * read from disk, opened. It may take entries at once.
	 */
	ready(): void;
	/**
	 * To be called for items that were accepted and are given up by the backlog itself, each once: shed for others
	 * (`queue_full`), not written after all, not readable any more. Those in flight never are.
	 */
	lost(items: number, errorType: Refusal | "corrupt"): void;
}

/**
 * Holds what an exporter has accepted until it is settled.
 *
 * Nothing in it waits or throws. Of an entry there are three states: waiting (accepted, perhaps on disk only), in flight
 * (taken), settled (forgotten). An entry that was taken stays the exporter's until it is settled; of a process that ends
 * before, a spool gives it again.
 */
export interface Backlog<Item> {
	/** True for one whose entries survive the process. */
	readonly isDurable: boolean;
	/** Items in memory, those in flight included: at most `maxItems`. */
	readonly size: number;
	/** Their bytes: at most `maxBytes`. */
	readonly bytes: number;
	/** Items accepted and neither settled nor lost, wherever they are. */
	readonly left: number;
	/** The greatest sequence number given so far: 0 before the first. */
	readonly lastSequence: number;
	/**
	 * The smallest sequence number that is neither in flight, settled nor lost, wherever its entry is (those being written
	 * included): a flush is over once this is beyond what was accepted before it. Undefined where none waits.
	 */
	readonly oldestWaiting: number | undefined;
	/** What it takes on disk; undefined for one in memory. */
	readonly spool: SpoolFigures | undefined;

	/**
	 * Takes an item, or says why not: called for each item, so it makes no promise and no closure.
	 *
	 * Where there is no room it sheds waiting entries of the same or a lower rank, the lowest first and of these the oldest
	 * (told to `lost`); where that would not make room, it sheds nothing and refuses. A refusal is counted by the exporter,
	 * not told to `lost`.
	 */
	offer(item: Item): Refusal | undefined;
	/**
	 * Resolves once all that was offered so far is kept, and rejects (a `SpoolError`) if it never will be; one promise for
	 * all who ask in between. Undefined where it is kept already: in memory it always is.
	 */
	kept(): Promise<void> | undefined;

	/** How many entries {@link take} could give a lane at this moment: its own, and those without an order key. */
	waiting(lane: number): number;
	waitingBytes(lane: number): number;
	/** The sequence number of the first entry that the lane would be given. */
	oldest(lane: number): number | undefined;
	/**
	 * Gives a lane its next entries in order of acceptance and takes them in flight: at most so many and of so many bytes,
	 * but one where there is one. Empty where none is in memory; where some are on disk, `ready` is called later.
	 */
	take(lane: number, maxItems: number, maxBytes: number): BacklogEntry<Item>[];
	/** For each entry the same text at every delivery, after a restart too, and for no other entry. */
	keyOf(entry: BacklogEntry<Item>): string;
	/** Forgets entries in flight: delivered, or given up by the exporter, which counts them. In any order. */
	settle(entries: readonly BacklogEntry<Item>[]): void;

	/**
	 * Called once, as the last: writes what is only in memory, entries in flight and acknowledgements included, and lets go
	 * of what it holds; of one that is not durable nothing is left then. The exporter waits for it within its own deadline.
	 */
	close(): Promise<void> | void;
	/**
	 * Called after {@link close}, when there is no more time to wait for it: lets go at once of what keeps others out, and gives
	 * up what is accepted and was not kept in time. Gives how many entries that are, for the exporter to count; they are not
	 * `left` any more, and are not told to `lost`.
	 */
	letGo(): number;
}

/** What a spool takes on disk. */
export interface SpoolFigures {
	readonly sizeBytes: number;
	readonly capacityBytes: number;
	/** Items that have yet to be delivered. */
	readonly backlog: number;
}

/**
 * Makes the backlog of an exporter that is to survive its process (`spool` of the exporter's options).
 *
 * `open` returns at once; what it finds on disk may be read later, and is `ready` then. A folder that cannot be opened
 * throws here, where that is known at once, else every `offer` is refused. Nothing of the host is called before it has
 * returned, but its traits.
 */
export interface Spool<Item> {
	open(host: BacklogHost<Item>): Backlog<Item>;
}
