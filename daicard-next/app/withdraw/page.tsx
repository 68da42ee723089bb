// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../withdraw/withdraw-screen.tsx').then((module) => module.WithdrawScreen),
  { ssr: false },
);
