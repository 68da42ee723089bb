// SPDX-License-Identifier: MIT
import { createKeccak } from 'hash-wasm';

// One instance serves the process: a hash is computed in one synchronous go.
const hasher = await createKeccak(256);

export function keccak256(data: Uint8Array): Uint8Array {
  return hasher.init().update(data).digest('binary');
}
