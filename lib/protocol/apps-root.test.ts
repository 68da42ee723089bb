// SPDX-License-Identifier: MIT
import { appLeaf, appProof, appsRoot } from './apps-root.ts';
import { ZERO_HASH, type Hash } from './types.ts';
import { readVectors } from './vectors/read.ts';

const roots = readVectors('apps-root').map((vector) => ({ ...vector, appIds: vector.appIds as Hash[] }));

test.each(roots)('$appIds.length apps: leaves, root and proofs', ({ appIds, leaves, root, proofs }) => {
  expect(appIds.map(appLeaf)).toEqual(leaves);
  expect(appsRoot(appIds)).toBe(root);
  expect(appIds.map((id) => appProof(appIds, id))).toEqual(proofs);
});

test.each(roots)('$appIds.length apps: the order they are listed in does not matter', ({ appIds, root }) => {
  expect(appsRoot([...appIds].reverse())).toBe(root);
});

test('an app that is not among them has no proof', () => {
  const { appIds } = roots[5]!;
  expect(appProof(appIds, ZERO_HASH)).toBeNull();
  expect(appProof([], appIds[0]!)).toBeNull();
});

test('one app more, less or other gives another root', () => {
  const { appIds, root } = roots[7]!;
  expect(appsRoot(appIds.slice(1))).not.toBe(root);
  expect(appsRoot([...appIds, ZERO_HASH])).not.toBe(root);
  expect(appsRoot([ZERO_HASH, ...appIds.slice(1)])).not.toBe(root);
  expect(appsRoot([...appIds, appIds[0]!])).not.toBe(root);
});
