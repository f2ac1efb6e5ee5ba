import type { Backend } from '../backend.ts'
import { runDirectP2pMessageHandler } from './p2p-message-handler.ts'
import { runDirectP2pSocketThread } from './p2p-socket-thread.ts'

export const direct: Backend = {
  name: 'direct',
  summary: 'sockets and protocol in one class, as CConnman is today',
  protocols: {
    p2p: { 'b-net': runDirectP2pSocketThread, 'b-msghand': runDirectP2pMessageHandler },
  },
}
