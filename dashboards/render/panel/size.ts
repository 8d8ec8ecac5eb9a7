/** Pixels that a panel's content has. */
export interface Size {
	readonly width: number;
	readonly height: number;
}
