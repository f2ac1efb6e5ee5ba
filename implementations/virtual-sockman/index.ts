import type { Backend } from '../backend.ts'
import { openVirtualP2p, openVirtualP2pHandler } from './p2p-connman.ts'

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
  },
}
