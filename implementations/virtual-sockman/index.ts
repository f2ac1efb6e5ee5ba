import type { Backend } from '../backend.ts'
import { openVirtualHttp, openVirtualHttpWorker } from './http-server.ts'
import { openVirtualRequester, openVirtualWallet } from './outbound-http-connman.ts'
import { openVirtualP2p, openVirtualP2pHandler } from './p2p-connman.ts'
import { openVirtualPush, openVirtualPushHandler } from './push-connman.ts'

export const virtualSockman: Backend = {
  name: 'virtual-sockman',
  summary:
    'an abstract SockMan owns sockets and loop; consumers override its events, look-ups by id',
  hasSendModes: true,
  protocols: {
    p2p: {
      onSocketThread: { loop: 'poll', open: openVirtualP2p },
      openHandler: openVirtualP2pHandler,
    },
    http: {
      onSocketThread: { loop: 'poll', open: openVirtualHttp },
      openHandler: openVirtualHttpWorker,
    },
    push: {
      onSocketThread: { loop: 'poll', open: openVirtualPush },
      openHandler: openVirtualPushHandler,
    },
    'outbound-http': {
      onSocketThread: { loop: 'poll', open: openVirtualRequester },
      openHandler: openVirtualWallet,
    },
  },
}
