// A page of code in place of a dependency: it knows only what Chromium writes.
import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A decoded picture: three bytes a pixel, row by row. */
interface Pixels {
	readonly width: number;
	readonly height: number;
	readonly rgb: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const paletteSize = 256;

/**
 * Makes a PNG smaller: at most 256 colours, and no transparency.
 *
 * Graphs have few colours, so nobody sees the difference; the file is about a third of its size.
 */
export function smallerPng(png: Buffer): Buffer {
	const { width, height, rgb } = decoded(png);
	const counts = new Map<number, number>();
	for (let at = 0; at < rgb.length; at += 3) {
		const color = colorAt(rgb, at);
		counts.set(color, (counts.get(color) ?? 0) + 1);
	}
	const palette = chosen(counts);
	const nearest = new Map<number, number>();
	for (const color of counts.keys()) nearest.set(color, nearestIn(palette, color));
	const rows = Buffer.alloc((width + 1) * height);
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			rows[y * (width + 1) + 1 + x] = nearest.get(colorAt(rgb, (y * width + x) * 3)) as number;
		}
	}
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 3, 0, 0, 0], 8);
	return Buffer.concat([
		signature,
		chunk("IHDR", header),
		chunk("PLTE", Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))),
		chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

function colorAt(rgb: Uint8Array, at: number): number {
	return ((rgb[at] as number) << 16) | ((rgb[at + 1] as number) << 8) | (rgb[at + 2] as number);
}

/** How far apart colours are that are taken, and how many there may be then. */
const passes = [
	// What most of the picture is made of, as it is: backgrounds and fillings, and their gradients.
	{ apart: 2, most: 144 },
	// Then what is far from all that: the colour of a thin line has few pixels.
	{ apart: 40, most: 208 },
	{ apart: 20, most: paletteSize },
	{ apart: 0, most: paletteSize },
] as const;

function chosen(counts: ReadonlyMap<number, number>): number[] {
	const common = [...counts].toSorted((a, b) => b[1] - a[1]).map(([color]) => color);
	const palette: number[] = [];
	for (const { apart, most } of passes) {
		for (const color of common) {
			if (palette.length >= most) break;
			if (palette.every((known) => distance(known, color) > apart * apart)) palette.push(color);
		}
	}
	return palette;
}

function nearestIn(palette: readonly number[], color: number): number {
	let best = 0;
	let least = Number.POSITIVE_INFINITY;
	for (const [index, candidate] of palette.entries()) {
		const far = distance(candidate, color);
		if (far >= least) continue;
		least = far;
		best = index;
	}
	return best;
}

function distance(one: number, other: number): number {
	const red = (one >> 16) - (other >> 16);
	const green = ((one >> 8) & 255) - ((other >> 8) & 255);
	const blue = (one & 255) - (other & 255);
	return red * red + green * green + blue * blue;
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const framed = Buffer.alloc(body.length + 8);
	framed.writeUInt32BE(data.length, 0);
	body.copy(framed, 4);
	framed.writeUInt32BE(crc32(body), body.length + 4);
	return framed;
}

function decoded(png: Buffer): Pixels {
	const parts: Buffer[] = [];
	for (let at = signature.length; at < png.length; ) {
		const length = png.readUInt32BE(at);
		if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length));
		at += length + 12;
	}
	const width = png.readUInt32BE(16);
	const height = png.readUInt32BE(20);
	const [depth, kind, , , interlaced] = png.subarray(24, 29);
	if (depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0) {
		throw new RangeError(`a PNG of kind ${kind} with ${depth} bits is not read`);
	}
	const size = kind === 6 ? 4 : 3;
	const raw = unfiltered(inflateSync(Buffer.concat(parts)), width * size, height, size);
	if (size === 3) return { width, height, rgb: raw };
	const rgb = new Uint8Array(width * height * 3);
	for (let from = 0, to = 0; from < raw.length; from += 4, to += 3) rgb.set(raw.subarray(from, from + 3), to);
	return { width, height, rgb };
}

/** Undoes the five filters that rows may have. */
function unfiltered(data: Uint8Array, stride: number, height: number, size: number): Uint8Array {
	const out = new Uint8Array(stride * height);
	for (let y = 0; y < height; y++) {
		const filter = data[y * (stride + 1)] as number;
		for (let x = 0; x < stride; x++) {
			const at = y * stride + x;
			const left = x < size ? 0 : (out[at - size] as number);
			const up = y === 0 ? 0 : (out[at - stride] as number);
			const corner = x < size || y === 0 ? 0 : (out[at - stride - size] as number);
			out[at] = (data[y * (stride + 1) + 1 + x] as number) + predicted(filter, left, up, corner);
		}
	}
	return out;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
	switch (filter) {
		case 1:
			return left;
		case 2:
			return up;
		case 3:
			return (left + up) >> 1;
		case 4: {
			const [byLeft, byUp, byCorner] = [
				Math.abs(up - corner),
				Math.abs(left - corner),
				Math.abs(left + up - 2 * corner),
			];
			return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
		}
		default:
			return 0;
	}
}
