// SPDX-License-Identifier: MIT
/** The Merkle root a ledger commits its open apps with, and proofs that OpenZeppelin's MerkleProof verifies. */
import { keccak256 } from '#keccak256';
import { toBytes, toHash } from './bytes.ts';
import { ZERO_HASH, type Hash } from './types.ts';

const hashId = (appId: Hash): Uint8Array => keccak256(toBytes(appId));

/** The id is hashed once more, so that a leaf can never be taken for an inner node. */
export const appLeaf = (appId: Hash): Hash => toHash(hashId(appId));

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < 32; i += 1) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

const both = new Uint8Array(64);

function parent(a: Uint8Array, b: Uint8Array): Uint8Array {
  const isSorted = compare(a, b) < 0;
  both.set(isSorted ? a : b);
  both.set(isSorted ? b : a, 32);
  return keccak256(both);
}

const sortedLeaves = (appIds: readonly Hash[]): Uint8Array[] => appIds.map(hashId).sort(compare);

function layerAbove(layer: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < layer.length; i += 2) {
    const right = layer[i + 1];
    above.push(right === undefined ? layer[i]! : parent(layer[i]!, right));
  }
  return above;
}

export function appsRoot(appIds: readonly Hash[]): Hash {
  if (appIds.length === 0) return ZERO_HASH;
  let layer = sortedLeaves(appIds);
  while (layer.length > 1) layer = layerAbove(layer);
  return toHash(layer[0]!);
}

/** The siblings from the leaf of `appId` to the root; null if it is not among `appIds`. */
export function appProof(appIds: readonly Hash[], appId: Hash): readonly Hash[] | null {
  let layer = sortedLeaves(appIds);
  const leaf = hashId(appId);
  let index = layer.findIndex((other) => compare(other, leaf) === 0);
  if (index < 0) return null;
  const proof: Hash[] = [];
  while (layer.length > 1) {
    const sibling = layer[index ^ 1];
    if (sibling !== undefined) proof.push(toHash(sibling));
    layer = layerAbove(layer);
    index >>= 1;
  }
  return proof;
}
