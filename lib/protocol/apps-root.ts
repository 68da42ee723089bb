// SPDX-License-Identifier: MIT
/** The Merkle root a ledger commits its open apps with, and proofs that OpenZeppelin's MerkleProof verifies. */
import { keccak256 } from '#keccak256';
import { concat, toBytes, toHash } from './bytes.ts';
import { ZERO_HASH, type Hash } from './types.ts';

/** The id is hashed once more, so that a leaf can never be taken for an inner node. */
export const appLeaf = (appId: Hash): Hash => toHash(keccak256(toBytes(appId)));

const parent = (a: Hash, b: Hash): Hash =>
  toHash(keccak256(a < b ? concat(toBytes(a), toBytes(b)) : concat(toBytes(b), toBytes(a))));

const sortedLeaves = (appIds: readonly Hash[]): Hash[] => appIds.map(appLeaf).sort();

function layerAbove(layer: readonly Hash[]): Hash[] {
  const above: Hash[] = [];
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
  return layer[0]!;
}

/** The siblings from the leaf of `appId` to the root; null if it is not among `appIds`. */
export function appProof(appIds: readonly Hash[], appId: Hash): readonly Hash[] | null {
  let layer = sortedLeaves(appIds);
  let index = layer.indexOf(appLeaf(appId));
  if (index < 0) return null;
  const proof: Hash[] = [];
  while (layer.length > 1) {
    const sibling = layer[index ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    layer = layerAbove(layer);
    index >>= 1;
  }
  return proof;
}
