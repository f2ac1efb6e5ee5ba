import type { Backend } from '../backend.ts'
import { runDirectP2pMessageHandler } from './p2p-message-handler.ts'
import { DirectConnman } from './p2p-socket-thread.ts'

export const direct: Backend = {
  name: 'direct',
  summary: 'sockets and protocol in one class, as CConnman is today',
  hasSendModes: true,
  protocols: {
    p2p: {
      onSocketThread: { loop: 'poll', open: context => new DirectConnman(context) },
      handlerThread: runDirectP2pMessageHandler,
    },
  },
}
