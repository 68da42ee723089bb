// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { parseCursor } from '../../lib/hub/chain-cursor.ts';
import { parseChannel } from '../../lib/hub/channel-item.ts';
import { parseProfile } from '../../lib/hub/collateral.ts';
import { parseDispute } from '../../lib/hub/disputes/dispute-item.ts';
import { sendPurpose } from '../../lib/hub/send-purpose.ts';
import { parseTransfer } from '../../lib/hub/transfer-item.ts';
import { parseLane } from '../../lib/lane/lane-item.ts';
import { parseSend } from '../../lib/lane/send-item.ts';
import { STORED_PROTOCOL } from '../../lib/store/stored-protocol.ts';
import type { Item } from '../../lib/store/store.ts';
import { parseTowerCursor } from '../../lib/watchtower/tower-cursor.ts';
import { answerPurpose } from '../../lib/watchtower/tower-lane.ts';
import { parseWatched } from '../../lib/watchtower/watched-item.ts';
import { migrationRecord } from './migration-record.ts';

/** A hub's lane, or a watchtower's. */
const purpose = z.union([sendPurpose, answerPurpose]);

/** Per kind, the code that reads such items when it serves requests. It throws for a body it does not understand. */
export const itemReaders: Readonly<Record<string, (item: Item) => unknown>> = {
  protocol: (item) => z.strictObject({ protocol: z.literal(STORED_PROTOCOL) }).parse(item.body),
  schema: (item) => migrationRecord.parse(item.body),
  channel: parseChannel,
  transfer: parseTransfer,
  lane: parseLane,
  send: (item) => parseSend(item, purpose),
  cursor: parseCursor,
  dispute: parseDispute,
  profile: parseProfile,
  watched: parseWatched,
  'tower-cursor': parseTowerCursor,
};
