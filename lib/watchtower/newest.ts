// SPDX-License-Identifier: MIT
/** What is newer of two things both parties signed. Nothing is ever replaced by something older (invariant 10). */
import type { AppInstance, Hash } from '../protocol/types.ts';
import type { Held } from './watched-item.ts';

/** Of one epoch. The same object where `shown` brings nothing new. `appIds`: of all apps in the ledger that is shown. */
export function newestOf(held: Held, shown: Held, appIds: readonly Hash[]): Held {
  const isNewer = shown.ledger.version > held.ledger.version;
  const known = new Map(held.apps.map((instance) => [instance.id, instance]));
  const better = shown.apps.filter((instance) => instance.version > (known.get(instance.id)?.version ?? 0n));
  if (isNewer) {
    const open = new Set(appIds);
    const apps = replaced(held.apps, better).filter((instance) => open.has(instance.id));
    return { ledger: shown.ledger, signatures: shown.signatures, apps };
  }
  // An older ledger does not say whether its apps are still open; those of the same one are.
  const isSame =
    shown.ledger.version === held.ledger.version && shown.ledger.appsRoot === held.ledger.appsRoot;
  const wanted = isSame ? better : better.filter((instance) => known.has(instance.id));
  return wanted.length === 0 ? held : { ...held, apps: replaced(held.apps, wanted) };
}

function replaced(apps: readonly AppInstance[], better: readonly AppInstance[]): readonly AppInstance[] {
  const ids = new Set(better.map((instance) => instance.id));
  return [...apps.filter((instance) => !ids.has(instance.id)), ...better];
}
