// SPDX-License-Identifier: MIT
import { cardConfig } from '../../server/card-config.ts';

export const dynamic = 'force-dynamic';

/** What the page needs to know before it can speak with a hub. */
export function GET(): Response {
  return Response.json(cardConfig(), { headers: { 'cache-control': 'no-store' } });
}
