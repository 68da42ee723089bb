// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(
  () => import('../../deposit/deposit-screen.tsx').then((module) => module.DepositScreen),
  { ssr: false },
);
