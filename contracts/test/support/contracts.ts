// SPDX-License-Identifier: MIT
import type { BaseContract, ContractMethod, ContractRunner } from 'ethers';

/** A contract whose methods are known by name. */
export type Deployed<Name extends string> = Omit<BaseContract, 'connect'> & {
  readonly [K in Name]: ContractMethod;
} & { connect(runner: ContractRunner): Deployed<Name> };

export type Registry = Deployed<
  | 'account'
  | 'answerLedger'
  | 'appStatus'
  | 'cancelApp'
  | 'cancelLedger'
  | 'challengeLedger'
  | 'challengeLedgerFor'
  | 'channelImplementation'
  | 'channelStatus'
  | 'domainSeparator'
  | 'epochOf'
  | 'factory'
  | 'FALLBACK_GRACE'
  | 'finalAppsRoot'
  | 'multicall'
  | 'openApp'
  | 'openAppFor'
  | 'progressApp'
  | 'received'
  | 'setAppState'
  | 'setOutcome'
  | 'settle'
  | 'settleApp'
  | 'withdrawalExecuted'
>;

export type Factory = Deployed<'channelAddress' | 'deploy' | 'deployAndCall' | 'implementation'>;

export type Channel = Deployed<
  | 'account'
  | 'challengePeriod'
  | 'claim'
  | 'claimable'
  | 'deposit'
  | 'domainSeparator'
  | 'initiator'
  | 'payApp'
  | 'registry'
  | 'reserved'
  | 'responder'
  | 'settle'
  | 'withdraw'
  | 'withdrawalExecuted'
>;

export type Token = Deployed<'approve' | 'balanceOf' | 'mint' | 'transfer'>;
