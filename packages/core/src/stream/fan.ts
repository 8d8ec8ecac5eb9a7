import type { ResultWatcher } from "./watcher.ts";

/** Several calls that watch one object, as one watcher: the innermost call first, since it ends before those around it. */
export class Fan implements ResultWatcher {
	readonly members: readonly ResultWatcher[];

	constructor(members: readonly ResultWatcher[]) {
		this.members = members;
	}

	get ended(): boolean {
		return this.members.every((member) => member.ended);
	}

	get unwatched(): boolean {
		return this.members.every((member) => member.unwatched);
	}

	run<A, R>(step: (argument: A) => R, argument: A): R {
		// Not one within the other: as many as watch would be as deep a stack.
		return (this.members[0] as ResultWatcher).run(step, argument);
	}

	isActive(): boolean {
		return this.members.some((member) => member.isActive());
	}

	opened(inUse?: () => boolean): void {
		for (const member of this.members) member.opened(inUse);
	}

	released(value?: unknown): void {
		for (const member of this.members) member.released(value);
	}

	settled(value?: unknown): void {
		for (const member of this.members) member.settled(value);
	}

	cancelled(): void {
		for (const member of this.members) member.cancelled();
	}

	unreachable(): void {
		for (const member of this.members) member.unreachable();
	}

	failed(error: unknown): void {
		for (const member of this.members) member.failed(error);
	}

	abandon(): void {
		for (const member of this.members) member.abandon();
	}

	awaiting(): void {
		for (const member of this.members) member.awaiting();
	}

	answered(): void {
		for (const member of this.members) member.answered();
	}

	countItems(): void {
		for (const member of this.members) member.countItems();
	}

	item(item: unknown): void {
		for (const member of this.members) member.item(item);
	}
}

export function membersOf(watcher: ResultWatcher): readonly ResultWatcher[] {
	return watcher instanceof Fan ? watcher.members : [watcher];
}
