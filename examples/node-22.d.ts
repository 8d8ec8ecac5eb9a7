// What Node 22 has and the library of TypeScript's es2023 target has not: Array.fromAsync, Set.prototype.intersection.
/// <reference lib="esnext.array" />
/// <reference lib="esnext.collection" />
