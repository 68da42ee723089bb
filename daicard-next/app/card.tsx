// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';
import type { ReactNode } from 'react';
import { text } from '../strings/en.ts';
import { Waiting } from '../ui/waiting.tsx';

/** The wallet lives in the page alone: the server never runs any of it. */
const WalletApp = dynamic(() => import('../wallet/wallet-app.tsx').then((module) => module.WalletApp), {
  ssr: false,
  loading: () => <Waiting label={text.app.loading} />,
});

export const Card = ({ children }: { readonly children: ReactNode }) => <WalletApp>{children}</WalletApp>;
