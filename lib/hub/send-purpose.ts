// SPDX-License-Identifier: MIT
/** What the hub sends transactions for. */
import { z } from 'zod';
import { address, hash, uint64 } from '../protocol/wire/primitives.ts';

export const sendPurpose = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('collateral'), channel: address, asset: address, user: address }),
  z.strictObject({ kind: z.literal('withdrawal'), channel: address, digest: hash, user: address }),
  z.strictObject({ kind: z.literal('dispute'), channel: address, epoch: uint64 }),
  z.strictObject({ kind: z.literal('claim'), channel: address, asset: address }),
]);
export type SendPurpose = z.output<typeof sendPurpose>;
