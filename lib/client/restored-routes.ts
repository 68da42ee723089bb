// SPDX-License-Identifier: MIT
/** Which open app belongs to which transfer, found again from the hub's history: the seed gives back every secret. */
import { decodeTransferState, PAYEE, PAYER } from '../protocol/apps/transfer-app.ts';
import type { AppInstance } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { routeOf, type Route } from './intents.ts';
import { ownPayment, verifyPayment } from './payment-terms.ts';
import type { Session } from './session.ts';
import { withShown } from './shown.ts';

const lockOf = (open: AppInstance): string | undefined => decodeTransferState(open.state)?.lockHash;

/** Nothing is asked where every open app has its route. An app whose secret came by link waits until the link is redeemed again. */
export async function restoreRoutes(session: Session, id: string): Promise<void> {
  const { writer, channel } = session;
  const unrouted = writer.record.agreed.apps.filter(
    (open) => routeOf(writer.record.routes, open.id) === null,
  );
  const sent = unrouted.filter((open) => open.app.participants[PAYER] === channel.initiator);
  const claimed = unrouted.filter((open) => open.app.participants[PAYEE] === channel.initiator);
  const routes = [
    ...(await search(session, 'payer', sent, id, (open, view) => payerRoute(session, open, view))),
    ...(await search(session, 'payee', claimed, id, (open, view) => payeeRoute(session, open, view))),
  ];
  // Nobody remembers whether their preimages were shown.
  const shown = claimed.flatMap((open) => {
    const route = routeOf(routes, open.id);
    return route === null ? [] : [session.gate.asIfShown(open, route.transferId)];
  });
  if (routes.length > 0)
    writer.amend((record) => ({ ...withShown(record, shown), routes: withRoutes(record.routes, routes) }));
}

const withRoutes = (known: readonly Route[], found: readonly Route[]): readonly Route[] => [
  ...known,
  ...found.filter((route) => routeOf(known, route.appId) === null),
];

async function search(
  { hub, closing }: Session,
  side: 'payer' | 'payee',
  apps: readonly AppInstance[],
  id: string,
  toRoute: (open: AppInstance, view: TransferView) => Route | null,
): Promise<readonly Route[]> {
  const found: Route[] = [];
  let missing = apps;
  let after: string | undefined;
  while (missing.length > 0) {
    const request = { kind: 'history', side, ...(after === undefined ? {} : { after }) } as const;
    const page = await hub.ask('transfer', request, { id, signal: closing });
    if (!page.ok) break;
    for (const view of page.value.transfers) {
      const open = missing.find((one) =>
        view.appId === null ? lockOf(one) === view.lockHash : one.id === view.appId,
      );
      const route = open === undefined ? null : toRoute(open, view);
      if (open === undefined || route === null) continue;
      found.push(route);
      missing = missing.filter((one) => one !== open);
    }
    after = page.value.next;
    if (after === undefined) break;
  }
  return found;
}

function payerRoute(session: Session, open: AppInstance, view: TransferView): Route {
  const own = ownPayment(session, view);
  const { paymentId = null, to = null } = own ?? {};
  return { side: 'payer', appId: open.id, transferId: view.transferId, paymentId, to };
}

function payeeRoute(session: Session, open: AppInstance, view: TransferView): Route | null {
  const secret = view.sealed === null ? null : session.key.unseal(view.sealed);
  const verified = secret === null ? null : verifyPayment(session, view, secret);
  if (!verified?.ok || verified.value.lockHash !== lockOf(open)) return null;
  const { preimage, digest } = verified.value;
  return { side: 'payee', appId: open.id, transferId: view.transferId, preimage, payment: digest };
}
