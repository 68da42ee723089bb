// SPDX-License-Identifier: MIT
/** Roots and proofs over 0 to 9 apps, each proof folded back to the root the way OpenZeppelin's MerkleProof does. */
import { concat, keccak256 } from 'ethers';
import { ZERO_WORD, word } from './actors.ts';

const join = (a: string, b: string): string =>
  keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a]));

interface Tree {
  readonly root: string;
  /** Siblings towards the root, per leaf below. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/** The tree over `nodes`: each round joins neighbours and carries an odd last node up. */
function grow(nodes: readonly Tree[]): Tree {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) return only;
  const above: Tree[] = [];
  for (let i = 0; i < nodes.length; i += 2) {
    const left = nodes[i]!;
    const right = nodes[i + 1];
    if (right === undefined) above.push(left);
    else
      above.push({
        root: join(left.root, right.root),
        paths: new Map([
          ...[...left.paths].map(([leaf, path]) => [leaf, [...path, right.root]] as const),
          ...[...right.paths].map(([leaf, path]) => [leaf, [...path, left.root]] as const),
        ]),
      });
  }
  return grow(above);
}

export const appsRoots = Array.from({ length: 10 }, (_, count) => {
  const appIds = Array.from({ length: count }, (_id, index) => word(`app ${count}.${index}`));
  const leaves = appIds.map((appId) => keccak256(appId));
  if (count === 0) return { appIds, leaves, root: ZERO_WORD, proofs: [] };
  const sorted = [...leaves].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const tree = grow(sorted.map((leaf) => ({ root: leaf, paths: new Map([[leaf, []]]) })));
  const proofs = leaves.map((leaf) => tree.paths.get(leaf)!);
  for (const [index, proof] of proofs.entries())
    if (proof.reduce(join, leaves[index]!) !== tree.root)
      throw new Error('a proof that does not lead to its root');
  return { appIds, leaves, root: tree.root, proofs };
});
