import { deflateSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { smallerPng } from "./smaller-png.ts";

const uint32 = (value: number) => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
};
const chunk = (type: string, data: Buffer) => Buffer.concat([uint32(data.length), Buffer.from(type), data, uint32(0)]);

function png(width: number, rows: readonly (readonly number[])[]): Buffer {
	const header = Buffer.concat([uint32(width), uint32(rows.length), Buffer.from([8, 2, 0, 0, 0])]);
	const data = deflateSync(Buffer.from(rows.flat()));
	return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header), chunk("IDAT", data)]);
}

function pixels(small: Buffer, width: number): string[][] {
	const part = (type: string) => {
		const at = small.indexOf(type, 0, "latin1");
		return small.subarray(at + 4, at + 4 + small.readUInt32BE(at - 4));
	};
	const palette = part("PLTE");
	const rows = inflateSync(part("IDAT"));
	return Array.from({ length: rows.length / (width + 1) }, (_, y) =>
		[...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))].map((index) =>
			palette.subarray(index * 3, index * 3 + 3).toString("hex"),
		),
	);
}

test("keeps all colours where they are few, whatever filter their row had", () => {
	const first = [0, 200, 30, 40, 100, 110, 120];
	// Each row repeats the first: by the pixel to the left, above, their mean, and the best of them.
	const left = [1, 200, 30, 40, 156, 80, 80];
	const up = [2, 0, 0, 0, 0, 0, 0];
	const mean = [3, 100, 15, 20, 206, 40, 40];
	const best = [4, 0, 0, 0, 0, 0, 0];
	const row = ["c81e28", "646e78"];
	expect(pixels(smallerPng(png(2, [first, left, up, mean, best])), 2)).toEqual([row, row, row, row, row]);
});

test("keeps what is common as it is, and takes the rest for what is near", () => {
	const background = [17, 18, 23];
	const panel = [24, 27, 31];
	const shades = Array.from({ length: 1_000 }, (_, index) => [index % 256, index % 256, Math.floor(index / 4)]);
	const colors = [...Array(50).fill(background), ...Array(50).fill(panel), ...shades];
	const [row = []] = pixels(smallerPng(png(colors.length, [[0, ...colors.flat()]])), colors.length);
	expect(row[0]).toBe("111217");
	expect(row[99]).toBe("181b1f");
	expect(new Set(row).size).toBeLessThanOrEqual(256);
	for (const [index, color] of row.entries()) {
		const [red = 0, green = 0, blue = 0] = Buffer.from(color, "hex");
		const [r = 0, g = 0, b = 0] = colors[index] ?? [];
		expect(Math.hypot(red - r, green - g, blue - b)).toBeLessThanOrEqual(40);
	}
});

test("refuses what it cannot read", () => {
	const interlaced = png(1, [[0, 1, 2, 3]]);
	interlaced[28] = 1;
	expect(() => smallerPng(interlaced)).toThrow("is not read");
});
