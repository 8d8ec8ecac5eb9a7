/** Why a command could not do what it was asked, in words for its user; it ends with exit code 2. */
export class Complaint extends Error {
	override readonly name = "Complaint";
	/** What to do about it. */
	readonly cure: string | undefined;

	constructor(message: string, cure?: string) {
		super(message);
		this.cure = cure;
	}
}
