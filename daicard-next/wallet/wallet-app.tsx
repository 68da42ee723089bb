// SPDX-License-Identifier: MIT
'use client';
import type { ReactNode } from 'react';
import { ConnectionProvider } from '../connection/connection-provider.tsx';
import { text } from '../strings/en.ts';
import { Notice } from '../ui/notice.tsx';
import { Screen } from '../ui/screen.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { BackupScreen } from './backup-screen.tsx';
import { Frame } from './frame.tsx';
import { UnlockScreen } from './unlock-screen.tsx';
import { useWallet, WalletProvider } from './wallet-context.tsx';
import { WelcomeScreen } from './welcome-screen.tsx';

export const WalletApp = ({ children }: { readonly children: ReactNode }) => (
  <WalletProvider>
    <Gate>{children}</Gate>
  </WalletProvider>
);

/** Nothing of a screen exists before the wallet is open. */
function Gate({ children }: { readonly children: ReactNode }) {
  const { state } = useWallet();
  switch (state.stage) {
    case 'loading':
      return (
        <Frame>
          <Waiting label={text.app.loading} />
        </Frame>
      );
    case 'unusable':
      return (
        <Frame>
          <Screen title={text.unusable.title} hasBack={false}>
            <Notice tone="bad">{text.unusable[state.reason]}</Notice>
          </Screen>
        </Frame>
      );
    case 'absent':
      return (
        <Frame>
          <WelcomeScreen />
        </Frame>
      );
    case 'locked':
      return (
        <Frame>
          <UnlockScreen />
        </Frame>
      );
    case 'open':
      return state.freshWords === null ? (
        <ConnectionProvider walletKey={state.key}>{children}</ConnectionProvider>
      ) : (
        <Frame>
          <BackupScreen words={state.freshWords} />
        </Frame>
      );
  }
}
