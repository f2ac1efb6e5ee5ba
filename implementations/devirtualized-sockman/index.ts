import type { Backend } from '../backend.ts'
import {
  runDevirtualizedP2pMessageHandler,
  runDevirtualizedP2pSocketThread,
} from './p2p-connman.ts'

export const devirtualizedSockman: Backend = {
  name: 'devirtualized-sockman',
  summary: 'SockMan specialised per consumer: direct calls, connections as objects, no look-ups',
  protocols: {
    p2p: {
      'b-net': runDevirtualizedP2pSocketThread,
      'b-msghand': runDevirtualizedP2pMessageHandler,
    },
  },
}
