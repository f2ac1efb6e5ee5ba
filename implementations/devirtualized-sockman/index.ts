import type { Backend } from '../backend.ts'
import { openDevirtualizedHttp, openDevirtualizedHttpWorker } from './http-server.ts'
import { openDevirtualizedRequester, openDevirtualizedWallet } from './outbound-http-connman.ts'
import { openDevirtualizedP2p, openDevirtualizedP2pHandler } from './p2p-connman.ts'
import { openDevirtualizedPush, openDevirtualizedPushHandler } from './push-connman.ts'

export const devirtualizedSockman: Backend = {
  name: 'devirtualized-sockman',
  summary: 'the same separation, specialised per consumer, connections as objects, no look-ups',
  hasSendModes: true,
  protocols: {
    p2p: {
      onSocketThread: { loop: 'poll', open: openDevirtualizedP2p },
      openHandler: openDevirtualizedP2pHandler,
    },
    http: {
      onSocketThread: { loop: 'poll', open: openDevirtualizedHttp },
      openHandler: openDevirtualizedHttpWorker,
    },
    push: {
      onSocketThread: { loop: 'poll', open: openDevirtualizedPush },
      openHandler: openDevirtualizedPushHandler,
    },
    'outbound-http': {
      onSocketThread: { loop: 'poll', open: openDevirtualizedRequester },
      openHandler: openDevirtualizedWallet,
    },
  },
}
