import type { EmittedRecordLike, EndedSpanLike, ItemLike, ResourceLike } from "../span-shape.ts";
import { fromJsonValue, toJsonValue } from "./json-value.ts";
import { type PlainRecord, type PlainSpan, plainRecord, plainSpan, revivedRecord, revivedSpan } from "./plain-item.ts";

/** How items are written to a spool and read again. */
export interface ItemCodec<Item> {
	encode(item: Item): string;
	decode(bytes: Buffer): Item;
}

/** Two lines of JSON: where an item is from, which is the same for many of them, and the item. */
const lineEnd = "\n";
const mostOrigins = 1_000;

interface Origin {
	readonly resource: object;
	readonly instrumentationScope: object;
}

export function spanCodec(): ItemCodec<EndedSpanLike> {
	return codec(
		(span) => plainSpan(span, toJsonValue),
		(plain: PlainSpan) => revivedSpan(plain, fromJsonValue),
	);
}

export function recordCodec(): ItemCodec<EmittedRecordLike> {
	return codec(
		(record) => plainRecord(record, toJsonValue),
		(plain: PlainRecord) => revivedRecord(plain, fromJsonValue),
	);
}

function codec<Item extends ItemLike, Plain>(
	plainOf: (item: Item) => Plain,
	revived: (plain: Plain) => object,
): ItemCodec<Item> {
	const written = new WeakMap<object, WeakMap<object, string>>();
	/** Exporters group items by the identity of where they are from. */
	const read = new Map<string, Origin>();

	function originOf({ resource, instrumentationScope }: Item): string {
		const text = () => JSON.stringify({ resource: plainResource(resource), scope: plainScope(instrumentationScope) });
		// What is known of the resource is not all yet.
		if (resource.asyncAttributesPending === true) return text();
		let ofResource = written.get(resource);
		if (ofResource === undefined) {
			ofResource = new WeakMap();
			written.set(resource, ofResource);
		}
		let known = ofResource.get(instrumentationScope);
		if (known === undefined) {
			known = text();
			ofResource.set(instrumentationScope, known);
		}
		return known;
	}

	function readOrigin(line: string): Origin {
		const known = read.get(line);
		if (known !== undefined) return known;
		const { resource, scope } = JSON.parse(line) as { readonly resource: PlainResource; readonly scope: object };
		const origin = { resource: revivedResource(resource), instrumentationScope: scope };
		if (read.size >= mostOrigins) read.clear();
		read.set(line, origin);
		return origin;
	}

	return {
		encode: (item) => originOf(item) + lineEnd + JSON.stringify(plainOf(item)),
		decode(bytes) {
			const text = bytes.toString();
			const end = text.indexOf(lineEnd);
			const plain = JSON.parse(text.slice(end + 1)) as Plain;
			return { ...revived(plain), ...readOrigin(text.slice(0, end)) } as Item;
		},
	};
}

interface PlainResource {
	readonly attributes: unknown;
	readonly schemaUrl: string | undefined;
}

function plainResource(resource: ResourceLike): PlainResource {
	const attributes = resource.asyncAttributesPending === true ? settledAttributes(resource) : resource.attributes;
	return { attributes: toJsonValue(attributes), schemaUrl: resource.schemaUrl };
}

/** Those that are known before all are; `attributes` would complain. */
function settledAttributes(resource: ResourceLike): object {
	const settled: Record<string, unknown> = {};
	for (const [key, value] of resource.getRawAttributes?.() ?? []) {
		const isSettled = typeof (value as { then?: unknown } | null | undefined)?.then !== "function";
		if (isSettled && !Object.hasOwn(settled, key)) settled[key] = value;
	}
	return settled;
}

/** What exporters ask of a resource, and what processors may. */
function revivedResource(plain: PlainResource): object {
	const attributes = fromJsonValue(plain.attributes) as Record<string, unknown>;
	return {
		attributes,
		...(plain.schemaUrl !== undefined && { schemaUrl: plain.schemaUrl }),
		asyncAttributesPending: false,
		waitForAsyncAttributes: () => Promise.resolve(),
		getRawAttributes: () => Object.entries(attributes),
		merge(other: ResourceLike | null) {
			return other === null
				? this
				: revivedResource({ ...plain, attributes: toJsonValue({ ...attributes, ...other.attributes }) });
		},
	};
}

function plainScope(scope: object): object {
	const { name, version, schemaUrl, attributes, droppedAttributesCount } = scope as Readonly<Record<string, unknown>>;
	return { name, version, schemaUrl, attributes, droppedAttributesCount };
}
