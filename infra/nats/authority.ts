// SPDX-License-Identifier: MIT
/** Keys and signed claims of one NATS deployment in operator mode: operator, system account, the Indra account, its hub user. */
import { encodeAccount, encodeOperator, encodeUser, fmtCreds, newScopedSigner } from '@nats-io/jwt';
import { createAccount, createOperator, createUser } from '@nats-io/nkeys';
import { HUB_NAME, HUB_PERMISSIONS, USER_PERMISSIONS } from './permissions.ts';

export interface Authority {
  /** Not secret: what the server's configuration holds. */
  readonly operatorJwt: string;
  readonly systemAccount: { readonly publicKey: string; readonly jwt: string };
  readonly account: { readonly publicKey: string; readonly jwt: string };
  /** Secret. `hubCredentials` and `signingSeed` are what a running hub needs; the others belong in a drawer. */
  readonly hubCredentials: string;
  readonly signingSeed: string;
  readonly operatorSeed: string;
  readonly accountSeed: string;
}

const UNLIMITED = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
  disallow_bearer: true,
};
const USER_LIMITS = { subs: 64, data: -1, payload: -1, bearer_token: false };

export async function createAuthority(): Promise<Authority> {
  const operator = createOperator();
  const system = createAccount();
  const account = createAccount();
  const signing = createAccount();
  const hub = createUser();

  const systemJwt = await encodeAccount('SYS', system, { limits: UNLIMITED }, { signer: operator });
  const accountJwt = await encodeAccount(
    'INDRA',
    account,
    {
      limits: UNLIMITED,
      signing_keys: [newScopedSigner(signing, 'user', { ...USER_PERMISSIONS, ...USER_LIMITS })],
    },
    { signer: operator },
  );
  const operatorJwt = await encodeOperator('indra', operator, { system_account: system.getPublicKey() });
  const hubJwt = await encodeUser(HUB_NAME, hub, account, {
    ...HUB_PERMISSIONS,
    subs: -1,
    data: -1,
    payload: -1,
  });
  return {
    operatorJwt,
    systemAccount: { publicKey: system.getPublicKey(), jwt: systemJwt },
    account: { publicKey: account.getPublicKey(), jwt: accountJwt },
    hubCredentials: text(fmtCreds(hubJwt, hub)),
    signingSeed: text(signing.getSeed()),
    operatorSeed: text(operator.getSeed()),
    accountSeed: text(account.getSeed()),
  };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
