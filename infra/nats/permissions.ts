// SPDX-License-Identifier: MIT
/**
 * Who may use which subject (invariant 9). `{{name()}}` is the user's lowercase address: the server puts the name of the
 * connecting user's JWT there, so one signing key serves every user and none can name a subject of another.
 */

export const USER_PERMISSIONS = {
  pub: {
    allow: ['indra.v1.*.{{name()}}.*', 'indra.v1.peer.*.{{name()}}'],
    // `*` in the place of the chain id would match these words too; none of them is a chain.
    deny: ['indra.v1.hub.>', 'indra.v1.events.>', 'indra.v1.peer.{{name()}}.*'],
  },
  sub: {
    allow: ['indra.v1.events.{{name()}}', 'indra.v1.peer.{{name()}}.*', '_INBOX.{{name()}}.>'],
  },
};

/** Everything a function or a dispatcher does, and no more: it reads no event, no peer message and no user's inbox. */
export const HUB_PERMISSIONS = {
  pub: { allow: ['indra.v1.events.*', 'indra.v1.hub.*', '_INBOX.>'] },
  sub: {
    allow: ['indra.v1.*.*.*', 'indra.v1.hub.*', '_INBOX.hub.>'],
    deny: ['indra.v1.peer.>', 'indra.v1.events.>'],
  },
};

/** Prefix of the reply subjects of a user, or of the hub. */
export const inboxPrefix = (name: string): string => `_INBOX.${name}`;
export const HUB_NAME = 'hub';
