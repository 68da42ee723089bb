// SPDX-License-Identifier: MIT
/** Tabs of this card speak with each other: only one of them writes to the channel. */
const LEAVE = 'leave';

export interface OtherTabs {
  /** Asks every other tab to lock its wallet. */
  leave(): void;
  close(): void;
}

/** One end for each page: what it says is heard by the others, and not by itself. */
export function otherTabs(onLeave: () => void): OtherTabs {
  const tabs = new BroadcastChannel('daicard');
  tabs.onmessage = (message: MessageEvent<unknown>) => {
    if (message.data === LEAVE) onLeave();
  };
  return { leave: () => tabs.postMessage(LEAVE), close: () => tabs.close() };
}
