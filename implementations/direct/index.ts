import type { Backend } from '../backend.ts'
import { openDirectP2pHandler } from './p2p-message-handler.ts'
import { DirectConnman } from './p2p-socket-thread.ts'

export const direct: Backend = {
  name: 'direct',
  summary: 'sockets and protocol in one class, as CConnman is today',
  hasSendModes: true,
  protocols: {
    p2p: {
      onSocketThread: { loop: 'poll', open: context => new DirectConnman(context) },
      openHandler: openDirectP2pHandler,
    },
  },
}
