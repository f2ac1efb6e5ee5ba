import type { Backend } from '../backend.ts'
import { runVirtualP2pMessageHandler, runVirtualP2pSocketThread } from './p2p-connman.ts'

export const virtualSockman: Backend = {
  name: 'virtual-sockman',
  summary:
    'an abstract SockMan owns sockets and loop; consumers override its events, look-ups by id',
  protocols: {
    p2p: { 'b-net': runVirtualP2pSocketThread, 'b-msghand': runVirtualP2pMessageHandler },
  },
}
