import type { Backend } from '../backend.ts'
import { DirectHttpServer } from './http-socket-thread.ts'
import { openDirectHttpWorker } from './http-worker.ts'
import { DirectHttpRequester } from './outbound-http-socket-thread.ts'
import { openDirectWallet } from './outbound-http-wallet.ts'
import { openDirectP2pHandler } from './p2p-message-handler.ts'
import { DirectConnman } from './p2p-socket-thread.ts'
import { openDirectPushHandler } from './push-handler.ts'
import { DirectPushServer } from './push-socket-thread.ts'

export const direct: Backend = {
  name: 'direct',
  summary: 'sockets and protocol in one class, as CConnman is today',
  hasSendModes: true,
  protocols: {
    p2p: {
      onSocketThread: { loop: 'poll', open: context => new DirectConnman(context) },
      openHandler: openDirectP2pHandler,
    },
    http: {
      onSocketThread: { loop: 'poll', open: context => new DirectHttpServer(context) },
      openHandler: openDirectHttpWorker,
    },
    push: {
      onSocketThread: { loop: 'poll', open: context => new DirectPushServer(context) },
      openHandler: openDirectPushHandler,
    },
    'outbound-http': {
      onSocketThread: { loop: 'poll', open: context => new DirectHttpRequester(context) },
      openHandler: openDirectWallet,
    },
  },
}
