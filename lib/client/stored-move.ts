// SPDX-License-Identifier: MIT
/** An action in an app, chosen once: written down before its signature leaves, so that one parent gets one action (invariant 2). */
import { z } from 'zod';
import type { PreparedMoves } from '../protocol/dispute.ts';
import type { Hash } from '../protocol/types.ts';
import { bytes, hash, signature, toJson, uint64 } from '../protocol/wire/primitives.ts';
import type { Store } from '../store/store.ts';

const MOVE_SCHEMA = 1;

const body = z.strictObject({
  appId: hash,
  /** Of the state it is made in. */
  version: uint64,
  on: hash,
  action: bytes,
  signature,
});
export type StoredMove = z.output<typeof body>;

const moveKey = (chainId: number, appId: Hash, version: bigint): string =>
  `move#${chainId}#${appId}#${version}`;

export async function loadMove(
  store: Store,
  chainId: number,
  appId: Hash,
  version: bigint,
): Promise<StoredMove | null> {
  const item = await store.get(moveKey(chainId, appId, version));
  return item === null ? null : body.parse(item.body);
}

/** The move that counts: this one, or the one that was chosen before. */
export async function chooseMove(store: Store, chainId: number, move: StoredMove): Promise<StoredMove> {
  const key = moveKey(chainId, move.appId, move.version);
  for (;;) {
    const earlier = await loadMove(store, chainId, move.appId, move.version);
    if (earlier !== null) return earlier;
    if ((await store.put({ key, schema: MOVE_SCHEMA, body: toJson(move) }, 'absent')).ok) return move;
  }
}

export const preparedFrom = ({ on, version, action, signature: by }: StoredMove): PreparedMoves => ({
  on,
  version,
  moves: [{ action, signature: by }],
});
