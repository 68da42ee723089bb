// SPDX-License-Identifier: MIT
import { eventSubject, hubSubject, parseRequestSubject, peerSubject, requestSubject } from './subjects.ts';
import { addressOf } from './testing/two-parties.ts';

const [user, other] = [addressOf(0xa1), addressOf(0xb2)];

test('a request subject says who asks what on which chain', () => {
  const subject = requestSubject(31337, user, 'propose');
  expect(subject).toBe(`indra.v1.31337.${user}.propose`);
  expect(parseRequestSubject(subject)).toEqual({ chainId: 31337, user, operation: 'propose' });
});

test('events, peers and the hub itself have subjects that no request can be taken for', () => {
  expect(eventSubject(user)).toBe(`indra.v1.events.${user}`);
  expect(peerSubject(other, user)).toBe(`indra.v1.peer.${other}.${user}`);
  expect(hubSubject('sweep')).toBe('indra.v1.hub.sweep');
  for (const subject of [eventSubject(user), peerSubject(other, user), hubSubject('sweep')])
    expect(parseRequestSubject(subject)).toBeNull();
});

test.each([
  '',
  `indra.v2.1.${user}.propose`,
  `indra.v1.0.${user}.propose`,
  `indra.v1.01.${user}.propose`,
  `indra.v1.1e3.${user}.propose`,
  `indra.v1.1234567890123456.${user}.propose`,
  `indra.v1.1.${user.toUpperCase()}.propose`,
  `indra.v1.1.${user}`,
  `indra.v1.1.${user}.`,
  `indra.v1.1.${user}.propose.more`,
  `indra.v1.1.${user}.pro-pose`,
  `indra.v1.1.${user}.*`,
  `indra.v1.1.*.propose`,
  `indra.v1.1.${user}.propose\n`,
  ` indra.v1.1.${user}.propose`,
])('%p is no request subject', (subject) => {
  expect(parseRequestSubject(subject)).toBeNull();
});
