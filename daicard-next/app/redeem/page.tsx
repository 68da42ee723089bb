// SPDX-License-Identifier: MIT
'use client';
import dynamic from 'next/dynamic';

export default dynamic(() => import('../../redeem/redeem-screen.tsx').then((module) => module.RedeemScreen), {
  ssr: false,
});
