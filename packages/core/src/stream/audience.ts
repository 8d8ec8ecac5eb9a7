import { Fan, membersOf } from "./fan.ts";
import { finalized, type Hold } from "./finalization.ts";
import type { ResultWatcher } from "./watcher.ts";

/**
 * The calls that watch one object: it is hooked once, however many calls hand it out, and its hooks ask who is present.
 *
 * Holds no reference to the object, or neither would ever be collected.
 */
export class Audience {
	readonly #members = new Set<ResultWatcher>();
	/** Of those who want to hear when the object is collected. */
	readonly #holds: Hold[] = [];
	#present: ResultWatcher | undefined;
	#isFinalized = false;
	#pruneAt = 8;

	/** Those who watch at this moment, for a step and what it leads to: who joins later has no part in it. */
	get present(): ResultWatcher {
		if (this.#present === undefined || (this.#members.size > 1 && this.#present.ended)) {
			this.#prune();
			const [first, ...others] = this.#members;
			this.#present = others.length === 0 ? first : new Fan([first as ResultWatcher, ...others]);
		}
		return this.#present as ResultWatcher;
	}

	/** Adds those who do not watch the object yet, and tells `begin` of each. */
	join(watcher: ResultWatcher, begin?: (newcomer: ResultWatcher) => void): void {
		for (const newcomer of membersOf(watcher)) {
			if (this.#members.has(newcomer)) continue;
			this.#members.add(newcomer);
			this.#present = undefined;
			const hold = finalized.hold(newcomer);
			if (hold !== undefined) this.#holds.push(hold);
			begin?.(newcomer);
		}
		if (this.#members.size < this.#pruneAt) return;
		this.#prune();
		this.#pruneAt = 8 + 2 * this.#members.size;
	}

	/** Gives up the calls that have watched for longest, where there are too many. */
	limit(mostMembers: number): void {
		if (this.#members.size <= mostMembers) return;
		this.#prune();
		for (const member of this.#members) {
			if (this.#members.size <= mostMembers) break;
			member.abandon();
			this.#members.delete(member);
		}
	}

	/** Hears when the object is collected. */
	finalize(object: object): void {
		if (this.#isFinalized) return;
		this.#isFinalized = true;
		finalized.watch(object, this.#holds);
	}

	#prune(): void {
		for (const member of this.#members) {
			// The newest stays though it has ended: what still runs later does so in its context.
			if (member.ended && this.#members.size > 1) this.#members.delete(member);
		}
		// Kept as the same list: the registry has it.
		let kept = 0;
		for (const hold of this.#holds) if (hold.watcher !== undefined) this.#holds[kept++] = hold;
		this.#holds.length = kept;
	}
}

interface Attendance {
	/** Hooks the object, and gives what is handed outward in its place; called for the first watcher only. */
	hook(audience: Audience): object;
	/** Told of each watcher that did not watch the object before. */
	begin?(newcomer: ResultWatcher): void;
	/** A getter may hand out one socket for ever, each time as a call that lasts as long as it. @default 100 */
	readonly mostMembers?: number;
}

const audiences = new WeakMap<object, Audience>();
const proxies = new WeakMap<object, WeakRef<object>>();

/**
 * Lets those who come from now on watch an object from outside of what was put around it in place: from further in they
 * would hear of other items than its consumer does.
 */
export function closeAudience(object: object): void {
	audiences.delete(object);
}

/** Lets a watcher hear of an object, and gives what is handed outward for it. */
export function attend(object: object, watcher: ResultWatcher, attendance: Attendance): object {
	const { hook, begin, mostMembers = 100 } = attendance;
	const proxy = proxies.get(object);
	let outward = proxy === undefined ? object : proxy.deref();
	let audience = audiences.get(object);
	if (audience === undefined || outward === undefined) {
		audience = new Audience();
		audience.join(watcher, begin);
		outward = hook(audience);
		audiences.set(outward, audience);
		if (outward !== object) {
			audiences.set(object, audience);
			proxies.set(object, new WeakRef(outward));
		}
	} else {
		audience.join(watcher, begin);
		audience.limit(mostMembers);
	}
	if (!watcher.unwatched) audience.finalize(outward);
	return outward;
}
